//! `bunker instance list` and `show`.

use serde_json::{Value, json};

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::fleet;
use super::super::output::{columns, print, print_json};
use crate::domain::fleet::Host;
use crate::domain::ids::{GroupName, HostId};
use crate::domain::settings::InstanceSettings;

pub(super) fn list(context: &Context, limit: Option<&str>) -> Result<Exit, Trouble> {
    let (fleet, diagnostics) = fleet::fleet(context)?;
    fleet::tell(&fleet, &diagnostics);
    let hosts = fleet::limited(&fleet, limit)?;
    let instances: Vec<(&Host, &InstanceSettings)> =
        hosts.into_iter().filter_map(|h| Some((h, h.instance.as_deref()?))).collect();
    if context.json {
        let all: Vec<Value> = instances.iter().map(|(h, i)| as_json(h, i)).collect();
        print_json(&all)?;
        return Ok(Exit::Ok);
    }
    let head = ["HOST", "DOMAIN", "TIER", "ADDRESS", "REF"].map(str::to_owned).to_vec();
    let row = |(host, instance): &(&Host, &InstanceSettings)| {
        vec![
            host.id.to_string(),
            instance.domain.to_string(),
            u8::from(instance.tier).to_string(),
            address(host),
            instance.reference.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(instances.iter().map(row)).collect();
    print(&columns(&rows))?;
    Ok(Exit::Ok)
}

pub(super) fn show(context: &Context, name: &str) -> Result<Exit, Trouble> {
    let id: HostId = name.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
    let (fleet, diagnostics) = fleet::fleet(context)?;
    fleet::tell(&fleet, &diagnostics);
    let Some(host) = fleet.hosts.iter().find(|h| h.id == id) else {
        let message = format!(
            "there is no host {id} in the inventory, or it is left out: see `bunker inventory check`"
        );
        return Err(Trouble::new(Exit::NotFound, message));
    };
    let Some(instance) = &host.instance else {
        let message = format!("host {id} is no instance: it has no cml_domain");
        return Err(Trouble::new(Exit::NotFound, message));
    };
    let value = as_json(host, instance);
    if context.json {
        print_json(&value)?;
        return Ok(Exit::Ok);
    }
    let rows: Vec<Vec<String>> = value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| vec![name.replace('_', " "), words(value)])
        .collect();
    print(&columns(&rows))?;
    Ok(Exit::Ok)
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(" "),
        Value::Null => "-".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn address(host: &Host) -> String {
    let at = &host.connection;
    let user = at.user.as_ref().map(|u| format!("{u}@")).unwrap_or_default();
    let port = at.port.map(|p| format!(":{p}")).unwrap_or_default();
    format!("{user}{}{port}", at.address)
}

fn as_json(host: &Host, instance: &InstanceSettings) -> Value {
    let groups: Vec<&str> = host.groups.iter().map(GroupName::as_str).collect();
    json!({
        "host": host.id,
        "domain": instance.domain,
        "tier": u8::from(instance.tier),
        "address": address(host),
        "groups": groups,
        "repository": instance.repo.as_str(),
        "ref": instance.reference.as_str(),
        "checkout": instance.dir.as_str(),
        "health_url": instance.health_url.as_str(),
        "backups": instance.backup_dir.as_str(),
    })
}
