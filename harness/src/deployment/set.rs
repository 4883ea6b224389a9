//! The whole: what is shared, the instances, and a balancer before them.

use std::time::Duration;

use futures_util::stream::{FuturesOrdered, TryStreamExt as _};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::component::Shared;
use super::instance::{Instance, Recipe, Within};
use super::port;
use super::process::{Ended, Process, ProcessError, Startup};
use crate::action::Act;
use crate::profile::{Component, DeploymentSettings};
use crate::transport::quote;

/// Most instances of a deployment.
const MAX_INSTANCES: usize = 64;

/// Why a deployment is not up, or not as it was told to be.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// One of its processes.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A component that instances are to share cannot be had.
    #[error(
        "the instances are to share {}, but {tried}; start a container engine, install it (Debian: {}), or start one yourself \
         and tell the instances in `env` where it is",
        .component.word(), package(*.component)
    )]
    Component {
        /// Which.
        component: Component,
        /// What was tried.
        tried: String,
    },
    /// The settings make no sense.
    #[error("{0}")]
    Settings(String),
}

fn package(component: Component) -> &'static str {
    match component {
        Component::Redis => "redis-server",
        Component::Postgres => "postgresql",
    }
}

/// A deployment that is up. Dropped, everything of it ends.
#[derive(Debug)]
pub struct Deployment {
    instances: Vec<Mutex<Instance>>,
    startup: Duration,
    /// Where each instance is.
    urls: Vec<String>,
    /// Where clients find all of them, if something stands before them.
    front: Option<String>,
    /// What it was started by; nothing within this program.
    settings: Option<DeploymentSettings>,
    _balancer: Option<Process>,
    _shared: Vec<Shared>,
}

impl Deployment {
    /// Start one as the settings say: what is shared first, then all instances side by side, then what stands before them.
    ///
    /// # Errors
    /// [`DeploymentError`] names what did not come up, and the end of what it printed.
    pub async fn start(settings: &DeploymentSettings, startup: Duration) -> Result<Self, DeploymentError> {
        let deadline = Instant::now() + startup;
        let Some(line) = &settings.start else {
            return Err(DeploymentError::Settings(
                "a deployment needs `start`, the command of an instance, or `urls` of instances that run".to_owned(),
            ));
        };
        if !(1..=MAX_INSTANCES).contains(&settings.instances) {
            return Err(DeploymentError::Settings(format!(
                "{} instances are not between 1 and {MAX_INSTANCES}",
                settings.instances
            )));
        }
        let mut shared = Vec::new();
        for component in &settings.shares {
            shared.push(Shared::start(*component, deadline).await?);
        }
        let own = std::env::current_exe().map(|path| quote(&path.display().to_string())).unwrap_or_default();
        let own = ("assay", "MCP_ASSAY", own);
        let (mut instances, mut urls, mut ports) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=settings.instances {
            let port = port::free().await.map_err(ProcessError::Port)?;
            let mut words = vec![("port", "PORT", port.to_string()), ("number", "INSTANCE", number.to_string())];
            words.push(own.clone());
            words.extend(shared.iter().map(|s| (s.component.word(), s.component.variable(), s.url.clone())));
            let startup = startup_of(format!("instance {number}"), line, settings, &words, port);
            instances.push(Instance::new(Recipe::Process(startup)));
            urls.push(fill(&settings.url, &words));
            ports.push(port.to_string());
        }
        // Started at once; where several do not start, the first of them says why.
        let starting: FuturesOrdered<_> = instances.iter_mut().map(|instance| instance.start(deadline)).collect();
        starting.try_collect::<()>().await?;
        let (mut front, mut balancer) = (None, None);
        if let Some(before) = &settings.balancer {
            let port = port::free().await.map_err(ProcessError::Port)?;
            let mut words = vec![("port", "PORT", port.to_string()), ("ports", "INSTANCE_PORTS", ports.join(" "))];
            words.push(own.clone());
            words.extend(shared.iter().map(|s| (s.component.word(), s.component.variable(), s.url.clone())));
            front = Some(fill(&before.url, &words));
            if let Some(line) = &before.start {
                let startup = startup_of("the balancer".to_owned(), line, settings, &words, port);
                balancer = Some(Process::start(&startup, deadline).await?);
            }
        }
        let instances = instances.into_iter().map(Mutex::new).collect();
        let settings = Some(settings.clone());
        Ok(Self { instances, startup, urls, front, settings, _balancer: balancer, _shared: shared })
    }

    /// Instances within this program, at these URLs.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn within(instances: Vec<(String, Within)>, startup: Duration) -> Result<Self, DeploymentError> {
        let (mut urls, mut all) = (Vec::new(), Vec::new());
        for (url, within) in instances {
            let mut instance = Instance::new(Recipe::Within(within));
            instance.start(Instant::now() + startup).await?;
            urls.push(url);
            all.push(Mutex::new(instance));
        }
        Ok(Self { instances: all, startup, urls, front: None, settings: None, _balancer: None, _shared: Vec::new() })
    }

    /// Whether there can be others beside it that know nothing of it: it is one process, at a port that it is told.
    #[must_use]
    pub fn is_one_of_many(&self) -> bool {
        self.instances.len() == 1
            && self.settings.as_ref().is_some_and(|settings| {
                settings.shares.is_empty() && settings.balancer.is_none() && settings.url.contains("{port}")
            })
    }

    /// Another one, started in the same way.
    ///
    /// # Errors
    /// As [`Self::start`]; and where it is within this program.
    pub async fn another(&self) -> Result<Self, DeploymentError> {
        let Some(settings) = &self.settings else {
            return Err(DeploymentError::Settings("what runs within this program is started once".to_owned()));
        };
        Self::start(settings, self.startup).await
    }

    /// Where each instance is to be found by clients: itself, or all of them behind what stands before them.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        match &self.front {
            Some(front) => vec![front.clone(); self.urls.len()],
            None => self.urls.clone(),
        }
    }

    /// Whether something that is not ours stands before the instances.
    #[must_use]
    pub fn is_behind_a_balancer(&self) -> bool {
        self.front.is_some()
    }

    /// Do something to an instance. What the router does is no matter of this.
    ///
    /// # Errors
    /// When there is no such instance, or it does not come up again.
    pub async fn operate(&self, number: usize, act: Act) -> Result<(), DeploymentError> {
        let found = number.checked_sub(1).and_then(|at| self.instances.get(at));
        let instance = found.ok_or_else(|| {
            DeploymentError::Settings(format!("there is no instance {number}, only {}", self.instances.len()))
        })?;
        let mut instance = instance.lock().await;
        match act {
            Act::Kill => instance.kill().await,
            Act::Stop => {
                instance.stop().await;
            }
            Act::Restart => {
                instance.stop().await;
                instance.start(Instant::now() + self.startup).await?;
            }
            Act::Freeze | Act::Thaw => {
                if !instance.freeze(act == Act::Freeze) {
                    return Err(DeploymentError::Settings(format!("instance {number} is no process that runs")));
                }
            }
            Act::Drain | Act::Admit => {}
        }
        Ok(())
    }

    /// The process group of an instance, by its number from 1; none where it is no process that runs.
    pub async fn group(&self, number: usize) -> Option<i32> {
        let instance = self.instances.get(number.checked_sub(1)?)?;
        instance.lock().await.group()
    }

    /// How an instance ended, by its number from 1, if it is a process that does so by itself within this time.
    pub async fn ended(&self, number: usize, within: Duration) -> Option<Ended> {
        let instance = self.instances.get(number.checked_sub(1)?)?;
        instance.lock().await.ended(within).await
    }

    /// Start again whatever does not run.
    ///
    /// # Errors
    /// When an instance does not come up.
    pub async fn mend(&self) -> Result<(), DeploymentError> {
        for instance in &self.instances {
            instance.lock().await.start(Instant::now() + self.startup).await?;
        }
        Ok(())
    }
}

/// A command with its words filled in, and the same words in its environment.
fn startup_of(
    name: String,
    line: &str,
    settings: &DeploymentSettings,
    words: &[(&str, &str, String)],
    port: u16,
) -> Startup {
    let told = words.iter().map(|(_, variable, value)| ((*variable).to_owned(), value.clone()));
    let own = settings.env.iter().map(|(name, value)| (name.clone(), fill(value, words)));
    let env = told.chain(own).collect();
    Startup { name, line: fill(line, words), env, directory: settings.directory.clone(), port }
}

fn fill(text: &str, words: &[(&str, &str, String)]) -> String {
    words.iter().fold(text.to_owned(), |text, (word, _, value)| text.replace(&format!("{{{word}}}"), value))
}
