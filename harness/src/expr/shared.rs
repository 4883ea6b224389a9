//! Lists and maps whose copies share one content: `cel` copies each element that a macro runs over, and whole messages are
//! such elements. To everyone who looks they are the lists and maps of `cel` that they hold.

use std::collections::HashMap;
use std::sync::Arc;

use cel::ExecutionError;
use cel::common::traits::{Adder, Container, Indexer, Iterable, Sizer, Zeroer};
use cel::common::types::{CelList, CelMap, CelMapKey, Type};
use cel::common::value::{BuiltinRef, CowVal, Val};

/// A shared list.
#[derive(Clone, Debug)]
pub(super) struct SharedList(Arc<CelList<'static>>);

/// A shared map.
#[derive(Clone, Debug)]
pub(super) struct SharedMap(Arc<CelMap<'static>>);

impl From<Vec<Box<dyn Val>>> for SharedList {
    fn from(items: Vec<Box<dyn Val>>) -> Self {
        Self(Arc::new(CelList::from(items)))
    }
}

impl From<HashMap<CelMapKey<'static>, Box<dyn Val>>> for SharedMap {
    fn from(members: HashMap<CelMapKey<'static>, Box<dyn Val>>) -> Self {
        Self(Arc::new(CelMap::from(members)))
    }
}

macro_rules! holds {
    ($shared:ident, $held:ty, $kind:ident) => {
        impl Val for $shared {
            fn get_type(&self) -> &Type {
                self.0.get_type()
            }

            fn cel_type() -> &'static Type {
                <$held>::cel_type()
            }

            fn as_adder<'b, 'w>(&'b self) -> Option<&'b (dyn Adder + 'w)>
            where
                Self: 'w,
            {
                self.0.as_adder()
            }

            fn as_container(&self) -> Option<&dyn Container> {
                self.0.as_container()
            }

            fn as_indexer<'b, 'w>(&'b self) -> Option<&'b (dyn Indexer + 'w)>
            where
                Self: 'w,
            {
                self.0.as_indexer()
            }

            fn into_indexer<'w>(self: Box<Self>) -> Option<Box<dyn Indexer + 'w>>
            where
                Self: 'w,
            {
                Some(self)
            }

            fn as_iterable<'b, 'w>(&'b self) -> Option<&'b (dyn Iterable + 'w)>
            where
                Self: 'w,
            {
                self.0.as_iterable()
            }

            fn as_sizer(&self) -> Option<&dyn Sizer> {
                self.0.as_sizer()
            }

            fn as_zeroer(&self) -> Option<&dyn Zeroer> {
                self.0.as_zeroer()
            }

            fn equals(&self, other: &dyn Val) -> bool {
                self.0.equals(other)
            }

            fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
            where
                Self: 'w,
            {
                Box::new(self.clone())
            }

            fn as_builtin<'b, 'w>(&'b self) -> BuiltinRef<'b, 'w>
            where
                Self: 'w,
            {
                BuiltinRef::$kind(&self.0)
            }
        }

        impl Indexer for $shared {
            fn get<'b, 'w>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
            where
                Self: 'w,
            {
                self.0.get(index)
            }

            fn steal<'w>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
            where
                Self: 'w,
            {
                self.0.get(index).map(CowVal::into_owned)
            }
        }
    };
}

holds!(SharedList, CelList<'static>, List);
holds!(SharedMap, CelMap<'static>, Map);
