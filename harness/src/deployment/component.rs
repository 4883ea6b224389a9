//! Real components that instances share: by a container engine where one answers, else by a program of this machine.

use std::path::PathBuf;

use tokio::time::Instant;

use super::container::{self, Container};
use super::port;
use super::process::{Process, Startup};
use super::set::DeploymentError;
use crate::profile::Component;

/// The user and the database of a PostgreSQL of ours.
pub(super) const NAME: &str = "assay";
/// The user of this machine that runs it where we are root.
const OWNER: &str = "postgres";

/// A component that serves until it is dropped.
#[derive(Debug)]
pub struct Shared {
    /// Which.
    pub component: Component,
    /// Where.
    pub url: String,
    _running: Running,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held until dropped")]
enum Running {
    Container(Container),
    /// With the folder that keeps what it stores.
    Program(Box<Process>, tempfile::TempDir),
}

impl Shared {
    /// Start a component, empty.
    ///
    /// # Errors
    /// [`DeploymentError`]: neither an engine nor a program is here, or it does not come up before the `deadline`.
    pub async fn start(component: Component, deadline: Instant) -> Result<Self, DeploymentError> {
        let missing = |tried: String| DeploymentError::Component { component, tried };
        let (url, running) = match container::start(component).await {
            Ok((at, container)) => (url(component, &at), Running::Container(container)),
            Err(engine) => {
                let Some(line) = program(component) else {
                    return Err(missing(format!("{engine}, and no {} is on the PATH", binary(component))));
                };
                let folder = tempfile::tempdir().map_err(|e| missing(format!("no folder for its data: {e}")))?;
                let port = port::free().await.map_err(|e| missing(format!("no port: {e}")))?;
                let place = folder.path().display().to_string();
                let line = line.replace("{port}", &port.to_string()).replace("{folder}", &place);
                let name = format!("the {} that instances share", component.word());
                let startup = Startup { name, line, env: Vec::new(), directory: Some(folder.path().into()), port };
                let process = Process::start(&startup, deadline).await?;
                (url(component, &format!("127.0.0.1:{port}")), Running::Program(Box::new(process), folder))
            }
        };
        Ok(Self { component, url, _running: running })
    }
}

/// Its URL, for instances. `at`: host and port.
fn url(component: Component, at: &str) -> String {
    match component {
        Component::Redis => format!("redis://{at}/"),
        Component::Postgres => format!("postgres://{NAME}@{at}/{NAME}"),
    }
}

fn binary(component: Component) -> &'static str {
    match component {
        Component::Redis => "redis-server (or valkey-server)",
        Component::Postgres => "initdb and postgres",
    }
}

/// The command of a component that is installed, if it is.
fn program(component: Component) -> Option<String> {
    match component {
        Component::Redis => {
            let server = find("redis-server").or_else(|| find("valkey-server"))?;
            let server = crate::transport::quote(&server.display().to_string());
            Some(format!("{server} --port {{port}} --bind 127.0.0.1 --save '' --appendonly no --dir {{folder}}"))
        }
        Component::Postgres => {
            let (init, server) = (postgres("initdb")?, postgres("postgres")?);
            let quoted = |path: PathBuf| crate::transport::quote(&path.display().to_string());
            let (init, server) = (quoted(init), quoted(server));
            let line = format!(
                "{init} --auth=trust --username={NAME} --pgdata={{folder}}/data >/dev/null && \
                 echo 'create database {NAME};' | {server} --single -D {{folder}}/data postgres >/dev/null && \
                 exec {server} -D {{folder}}/data -p {{port}} -c listen_addresses=127.0.0.1 -c unix_socket_directories={{folder}}"
            );
            // It refuses to run as root; the Debian package has a user for it.
            Some(if rustix::process::getuid().is_root() {
                format!(
                    "chown {OWNER} {{folder}} && exec setpriv --reuid={OWNER} --regid={OWNER} --clear-groups /bin/sh -c {}",
                    crate::transport::quote(&line)
                )
            } else {
                line
            })
        }
    }
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Debian keeps the programs of PostgreSQL out of the PATH, by version.
fn postgres(name: &str) -> Option<PathBuf> {
    find(name).or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let mut found: Vec<PathBuf> =
            versions.flatten().map(|version| version.path().join("bin").join(name)).filter(|f| f.is_file()).collect();
        found.sort();
        found.pop()
    })
}
