//! `.env`, from both sides: what a host has, and what it should have.

use zeroize::Zeroize;

use super::PlanPorts;
use crate::domain::fleet::Host;
use crate::domain::remote::RemoteError;
use crate::domain::secret::Secrets;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::env_file::{self, EnvRead};
use crate::steps::probe::PATIENCE;
use crate::workflows::env::{Desired, Template, render};

/// Reads what a host has: the outer error is the connection's, the inner one that of its answer.
pub(super) async fn read(
    ports: &PlanPorts,
    host: &Host,
    settings: &InstanceSettings,
) -> Result<Result<EnvRead, Safe>, RemoteError> {
    let to = &host.connection;
    let script = env_file::read(&host.id, to.become_root, settings);
    let mut output = ports.remote.read(to, &script, PATIENCE).await?;
    let read = env_file::parse(&output.stdout);
    // It held the values of secrets.
    output.stdout.zeroize();
    Ok(read)
}

/// The template of a host.
pub(super) async fn template(ports: &PlanPorts, host: &Host) -> Result<Template, Safe> {
    let named = host.vars.get("cml_env_template").and_then(serde_json::Value::as_str);
    ports.templates.template(&ports.inventory, named).await
}

/// What a host should have, without what its import left out.
pub(super) fn desired(
    template: &Template,
    host: &Host,
    read: Option<&EnvRead>,
    secrets: &Secrets,
) -> Result<Desired, Safe> {
    let desired = render(template, host, secrets).map_err(|e| Safe::line(&e.to_string()))?;
    let Some(read) = read else { return Ok(desired) };
    let here = read.file.as_ref().map(|file| file.variables.as_slice()).unwrap_or_default();
    desired.for_host(host, here, read.applied.as_ref(), secrets)
}
