//! `common_*`: how the server below an instance is set up.

use super::reader::Reader;
use crate::domain::connection::UserName;
use crate::domain::server::{FileUrl, Network, ServerSettings, Sha256};

const PORTS_RULE: &str = "a TCP port from 1 to 65535";

/// The settings; what cannot be used was said by the reader.
pub(super) fn server(r: &mut Reader<'_>) -> ServerSettings {
    let usual = ServerSettings::default();
    let ignore = r.list("common_fail2ban_ignore", "an address or a network", |text| {
        Network::try_from(text.to_owned()).is_ok()
    });
    let settings = ServerSettings {
        user: r.parse::<UserName>("common_user").unwrap_or(usual.user),
        ufw_ports: r.ports("common_ufw_ports", PORTS_RULE).unwrap_or(usual.ufw_ports),
        fail2ban_ignore: ignore
            .unwrap_or_default()
            .into_iter()
            .filter_map(|text| Network::try_from(text).ok())
            .collect(),
        registry_mirror: super::instance::url(r, "common_registry_mirror", None),
        compose_url: r.check("common_compose_url", |text| FileUrl::try_from(text.to_owned())),
        compose_sha256: r.check("common_compose_sha256", |text| Sha256::try_from(text.to_owned())),
        unattended_upgrades: r
            .truth("common_unattended_upgrades")
            .unwrap_or(usual.unattended_upgrades),
    };
    if settings.compose_url.is_some() && settings.compose_sha256.is_none() {
        let message = "common_compose_url has no common_compose_sha256 beside it".to_owned();
        r.refuse("common_compose_url", message, Some("set it to what sha256sum says of that file"));
    }
    settings
}
