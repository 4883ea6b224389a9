//! Where stories are played.

/// What of the server can be used.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// It is reached over Streamable HTTP.
    pub http: bool,
    /// How many instances of it there are.
    pub instances: usize,
    /// Any client may use any of them.
    pub shared: bool,
    /// They can be ended and started again.
    pub control: bool,
    /// It asks for tokens.
    pub protected: bool,
    /// The second client is another user.
    pub stranger: bool,
}

impl Scene {
    /// The instance to name for an act of a client, where this one was chosen: where instances share nothing, a client stays with its own.
    pub(super) fn instance(&self, client: usize, chosen: usize) -> Option<usize> {
        match (self.instances, self.shared) {
            (0 | 1, _) => None,
            (all, true) => Some(chosen % all),
            (all, false) => Some(client % all).filter(|instance| *instance > 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_stays_with_its_instance_where_nothing_is_shared() {
        let scene = |instances, shared| Scene {
            http: true,
            instances,
            shared,
            control: false,
            protected: false,
            stranger: false,
        };
        assert_eq!(scene(1, true).instance(1, 0), None);
        assert_eq!([scene(2, false).instance(0, 1), scene(2, false).instance(1, 0)], [None, Some(1)]);
        assert_eq!([scene(2, true).instance(0, 1), scene(2, true).instance(1, 2)], [Some(1), Some(0)]);
    }
}
