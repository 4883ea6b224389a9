//! The router as others use it.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::arming::Arming;
use super::choosing::Chooser;
use super::instance::Instance;
use super::line::{Line, listen};
use super::{Faults, Observer, Policy, Selector};
use crate::action::Fault;
use crate::transport::HttpTarget;

/// A reverse proxy before the instances of a server. Clones are the same router; with the last of them everything that
/// it holds ends. Instances are numbered from 1.
#[derive(Clone)]
pub struct Router(Arc<Shell>);

struct Shell {
    core: Arc<Core>,
    listening: Mutex<Vec<AbortOnDropHandle<()>>>,
}

/// What its connections know of the router.
pub(super) struct Core {
    pub(super) instances: Vec<Arc<Instance>>,
    pub(super) chooser: Chooser,
    pub(super) observer: Arc<dyn Observer>,
    shares: AtomicBool,
    faults: Faults,
    arming: Mutex<HashMap<String, Arc<Arming>>>,
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Router({} of {} instances)", self.0.core.chooser.policy(), self.0.core.instances.len())
    }
}

impl Router {
    /// A router before these instances; `seed` is for [`Policy::Random`].
    pub fn new(instances: Vec<HttpTarget>, policy: Policy, seed: u64, observer: Arc<dyn Observer>) -> Self {
        Self::with_faults(instances, policy, seed, Faults::default(), observer)
    }

    /// The same, with faults that come again and again, counted over the requests of all routers that share them. Of several that are due for one
    /// request the first strikes. Only those that strike are told of.
    pub fn with_faults(
        instances: Vec<HttpTarget>,
        policy: Policy,
        seed: u64,
        faults: Faults,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let instances = instances.into_iter().map(|target| Arc::new(Instance::new(target))).collect();
        let core = Core {
            instances,
            chooser: Chooser::new(policy, seed),
            observer,
            shares: AtomicBool::new(false),
            faults,
            arming: Mutex::default(),
        };
        Self(Arc::new(Shell { core: Arc::new(core), listening: Mutex::default() }))
    }

    /// From now on connections to instances are used again for requests of other clients, as most balancers do, which
    /// spares making them. Otherwise each connection of a client has its own, so that an instance sees what it would
    /// see without the router.
    pub fn share_connections(&self) {
        self.0.core.shares.store(true, Ordering::Release);
    }

    /// Listen on a free port of 127.0.0.1, for the party of that name: the server as it then reaches it. Every request
    /// of a line with `only` goes to that instance, whether it takes others or not.
    ///
    /// # Errors
    /// When the system gives no port, or there is no such instance.
    pub async fn line(&self, name: &str, only: Option<usize>) -> io::Result<HttpTarget> {
        self.line_on(name, only, TcpListener::bind("127.0.0.1:0").await?)
    }

    /// The same with a listener of any address.
    ///
    /// # Errors
    /// When there is no such instance, or the listener has no address.
    pub fn line_on(&self, name: &str, only: Option<usize>, listener: TcpListener) -> io::Result<HttpTarget> {
        let core = &self.0.core;
        let bad = |problem: String| io::Error::new(io::ErrorKind::InvalidInput, problem);
        let number = only.unwrap_or(1);
        let instance = core.instance(number);
        let instance = instance.ok_or_else(|| bad(format!("the router has no instance {number}")))?;
        let address = listener.local_addr()?;
        let origins = core.instances.iter().map(|instance| instance.target.url.origin()).collect();
        let target = instance.target.through(address, origins);
        let target =
            target.ok_or_else(|| bad(format!("{} cannot be reached through the router", instance.target.shown())))?;
        let arming = self.arming(name);
        let mut listening = lock(&self.0.listening);
        let line = Line {
            name: name.into(),
            place: listening.len(),
            address,
            only: only.map(|number| number.wrapping_sub(1)),
            path: instance.path.clone(),
            arming,
            requests: AtomicU64::new(0),
        };
        let listening_on = listen(Arc::clone(core), Arc::new(line), listener);
        listening.push(AbortOnDropHandle::new(tokio::spawn(listening_on)));
        Ok(target)
    }

    /// The answer to the first request on the lines of that name that is chosen, from now on, meets this fault.
    pub fn arm(&self, name: &str, chosen: Selector, fault: Fault) {
        self.arming(name).arm(chosen, fault);
    }

    /// The instance gets no more requests; those that are open go on. Lines that lead to it alone are no matter of the
    /// router's choice and go on too.
    pub fn drain(&self, instance: usize) {
        if let Some(instance) = self.0.core.instance(instance) {
            instance.set_takes(false);
        }
    }

    /// The instance gets requests again.
    pub fn admit(&self, instance: usize) {
        if let Some(instance) = self.0.core.instance(instance) {
            instance.set_takes(true);
        }
    }

    /// Wait until no request is open at the instance; streams count as open. Bound it: some never end.
    pub async fn quiet(&self, instance: usize) {
        if let Some(instance) = self.0.core.instance(instance) {
            instance.is_quiet().await;
        }
    }

    fn arming(&self, name: &str) -> Arc<Arming> {
        Arc::clone(lock(&self.0.core.arming).entry(name.to_owned()).or_default())
    }
}

impl Core {
    /// Instance `number`, from 1.
    fn instance(&self, number: usize) -> Option<&Arc<Instance>> {
        self.instances.get(number.checked_sub(1)?)
    }

    /// Whether connections to instances are used for any client.
    pub(super) fn shares(&self) -> bool {
        self.shares.load(Ordering::Acquire)
    }

    /// The recurring fault that is due for the request that has just come.
    pub(super) fn due(&self) -> Option<Fault> {
        self.faults.due()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
