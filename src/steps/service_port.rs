//! Where the port of a service is on its host. Reads only.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::collections::BTreeMap;

use serde::Deserialize;

use super::script::Script;
use crate::domain::connection::Become;
use crate::domain::service::ServiceName;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

/// Renders the reading: what Docker says of the network of the first container of the service.
pub fn read(service: &ServiceName, become_root: Become, settings: &InstanceSettings) -> String {
    let root = if become_root == Become::Root { "1" } else { "0" };
    Script::knowing_compose(settings)
        .set("become", root)
        .set("service", service.as_str())
        .fixed(include_str!("service_port.sh"))
        .text()
}

/// As much of it as is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Network {
    #[serde(default)]
    ports: Option<BTreeMap<String, Option<Vec<Binding>>>>,
    #[serde(default)]
    networks: Option<BTreeMap<String, Joined>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    host_ip: String,
    host_port: String,
}

#[derive(Deserialize)]
struct Joined {
    #[serde(rename = "IPAddress", default)]
    address: String,
}

/// Understands the answer: the lowest port that is published on the host, else the lowest that the container opens, at its own
/// address. An error says why there is none, as a sentence part.
pub fn parse(answer: &[u8], exit: i32) -> Result<SocketAddr, Safe> {
    let text = String::from_utf8_lossy(answer);
    let last = text.lines().last().unwrap_or_default();
    if exit != 0 {
        return Err(Safe::line(if last.is_empty() { "the host says nothing of it" } else { last }));
    }
    let network: Network = serde_json::from_str(last)
        .map_err(|_| Safe::line("Docker says nothing of it that can be understood"))?;
    let mut ports: Vec<(u16, Vec<Binding>)> = network
        .ports
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, bindings)| {
            Some((name.strip_suffix("/tcp")?.parse().ok()?, bindings.unwrap_or_default()))
        })
        .collect();
    ports.sort_by_key(|(port, _)| *port);
    if let Some(at) = ports.iter().flat_map(|(_, bindings)| bindings).find_map(published) {
        return Ok(at);
    }
    let joined = network.networks.unwrap_or_default();
    let own = joined.values().find_map(|network| network.address.parse::<IpAddr>().ok());
    match (ports.first(), own) {
        (Some((port, _)), Some(own)) => Ok(SocketAddr::new(own, *port)),
        _ => Err(Safe::line("it opens no port that Docker knows of: name the port instead")),
    }
}

/// Where a published port is reached from the host itself.
fn published(binding: &Binding) -> Option<SocketAddr> {
    let port = binding.host_port.parse().ok().filter(|port| *port != 0)?;
    let everywhere = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let ip = match binding.host_ip.parse::<IpAddr>() {
        Ok(ip) if !ip.is_unspecified() => ip,
        _ => everywhere,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(json: &str) -> Result<String, String> {
        parse(json.as_bytes(), 0).map(|at| at.to_string()).map_err(|why| why.to_string())
    }

    #[test]
    fn a_published_port_is_preferred_and_else_the_address_of_the_container() {
        let published = r#"{"Ports":{"9229/tcp":null,"4000/tcp":[{"HostIp":"127.0.0.1","HostPort":"14000"}]},"Networks":{"a":{"IPAddress":"172.18.0.3"}}}"#;
        assert_eq!(at(published).unwrap(), "127.0.0.1:14000");
        for any in ["", "0.0.0.0", "::"] {
            let json = format!(
                r#"{{"Ports":{{"80/tcp":[{{"HostIp":"{any}","HostPort":"8080"}}]}},"Networks":{{}}}}"#
            );
            assert_eq!(at(&json).unwrap(), "127.0.0.1:8080", "{any:?}");
        }
        let own = r#"{"Ports":{"5432/tcp":null,"53/udp":null,"10000/tcp":null},"Networks":{"a":{"IPAddress":""},"b":{"IPAddress":"172.18.0.3"}}}"#;
        assert_eq!(at(own).unwrap(), "172.18.0.3:5432");
    }

    #[test]
    fn no_port_is_said_to_be_none() {
        for none in [r#"{"Ports":{},"Networks":{"host":{"IPAddress":""}}}"#, r#"{"Ports":null}"#] {
            assert!(at(none).unwrap_err().contains("name the port"), "{none}");
        }
        assert!(at("").is_err() && at("[]").is_err());
        let said = parse(b"no such service: x\n", 1).unwrap_err();
        assert_eq!(said.as_str(), "no such service: x");
    }
}
