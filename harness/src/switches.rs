//! Faults of our own peers by name: what a proxy in front of a conforming one cannot fake.

/// No switch has this name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{whose} has no switch `{name}`; it has: {known}")]
pub struct UnknownSwitch {
    /// Who was to have it.
    pub whose: &'static str,
    /// As given.
    pub name: String,
    /// All there are, by commas.
    pub known: String,
}

/// An enum of switches, each with its name on the command line and, as its documentation, what it does.
macro_rules! switches {
    (
        $(#[doc = $about:literal])+
        $switch:ident of $whose:literal;
        $($(#[doc = $text:literal])+ $variant:ident = $name:literal,)+
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $switch {
            $($(#[doc = $text])+ $variant,)+
        }

        impl $switch {
            /// Every switch, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name on the command line and in scenario files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What is done wrong.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($text,)+).trim_ascii(),)+ }
            }
        }

        impl std::fmt::Display for $switch {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $switch {
            type Err = $crate::switches::UnknownSwitch;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|switch| switch.name() == name);
                found.ok_or_else(|| $crate::switches::UnknownSwitch {
                    whose: $whose,
                    name: name.to_owned(),
                    known: Self::ALL.iter().map(|switch| switch.name()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}
