//! Components in containers.

use std::time::Duration;

use testcontainers::core::{IntoContainerPort as _, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _};

use super::component::NAME;
use crate::profile::Component;

/// Longest time for a container to serve; its image may have to be fetched.
const START_WITHIN: Duration = Duration::from_secs(120);

/// A container that is removed when this is dropped.
pub(super) type Container = Box<ContainerAsync<GenericImage>>;

/// Start a component in a container; gives its host and port. An error says why there is none.
pub(super) async fn start(component: Component) -> Result<(String, Container), String> {
    let (image, port, ready) = match component {
        Component::Redis => (GenericImage::new("redis", "7"), 6379, "Ready to accept connections"),
        Component::Postgres => (GenericImage::new("postgres", "16"), 5432, "database system is ready"),
    };
    let image = image.with_exposed_port(port.tcp()).with_wait_for(WaitFor::message_on_either_std(ready));
    let image = image.with_env_var("POSTGRES_USER", NAME).with_env_var("POSTGRES_HOST_AUTH_METHOD", "trust");
    let starting = async {
        let container = image.start().await?;
        let host = container.get_host().await?;
        let port = container.get_host_port_ipv4(port.tcp()).await?;
        Ok((format!("{host}:{port}"), Box::new(container)))
    };
    let started = tokio::time::timeout(START_WITHIN, starting).await;
    let started = started.map_err(|_| format!("the container engine started none within {START_WITHIN:?}"))?;
    started.map_err(|e: testcontainers::TestcontainersError| {
        format!("no container engine answers ({})", e.to_string().lines().next().unwrap_or_default())
    })
}
