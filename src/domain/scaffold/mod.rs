//! A new instance as it is to stand in the inventory: what is written, and what speaks against it.

pub mod enrol;
pub mod first;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::domain::connection::{Address, UserName};
use crate::domain::fleet::Fleet;
use crate::domain::git::{GitRef, GitUrl};
use crate::domain::ids::{Domain, GroupName, HostId};
use crate::domain::settings::Tier;

/// The group whose members are instances.
pub const INSTANCES: &str = "changemaker_instances";
/// Where the schema of host variables lies, seen from `host_vars/HOST/`, unless `hosts.yml` names another folder.
const SCHEMA: &str = "../../../schemas/host.json";
/// The first words of the line by which editors find a schema.
const MODELINE: &str = "# yaml-language-server: $schema=";

/// An instance that is to be added.
#[derive(Debug, Clone, PartialEq)]
pub struct NewInstance {
    /// Its inventory hostname.
    pub host: HostId,
    /// `cml_domain`.
    pub domain: Domain,
    /// `ansible_host`.
    pub address: Address,
    /// `cml_tier`.
    pub tier: Tier,
    /// `ansible_user`, where it is not that of all hosts.
    pub user: Option<UserName>,
    /// `ansible_port`, where it is not that of all hosts.
    pub port: Option<u16>,
    /// Groups to stand in. Where none of them is below [`INSTANCES`], it stands there too.
    pub groups: Vec<GroupName>,
    /// `cml_repo`, where it is not that of all instances.
    pub repo: Option<GitUrl>,
    /// `cml_ref`, where it is not that of all instances.
    pub reference: Option<GitRef>,
    /// Other variables of the host, none of them a secret.
    pub variables: BTreeMap<String, Value>,
}

/// Why an instance cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// The host is there.
    #[error("host {0} is in the inventory already: see `bunker instance show {0}`")]
    Host(HostId),
    /// Another instance has the domain.
    #[error("domain {domain} belongs to instance {host} already: give each instance its own")]
    Domain {
        /// The domain.
        domain: Domain,
        /// Whose it is.
        host: HostId,
    },
    /// A group that is to be used is not there.
    #[error("there is no group {group} in the inventory{}: add it to hosts.yml first", hint(.meant.as_deref()))]
    Group {
        /// The group.
        group: GroupName,
        /// The name that is probably meant.
        meant: Option<String>,
    },
}

fn hint(meant: Option<&str>) -> String {
    meant.map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default()
}

impl NewInstance {
    /// What speaks for a second look at it; `Err` where it cannot be added.
    pub fn check(&self, fleet: &Fleet) -> Result<Vec<String>, Clash> {
        let there = fleet.hosts.iter().map(|h| &h.id).chain(fleet.left_out.iter().map(|l| &l.id));
        if there.into_iter().any(|id| id == &self.host) {
            return Err(Clash::Host(self.host.clone()));
        }
        if let Some((host, _)) = fleet.instances().find(|(_, i)| i.domain == self.domain) {
            return Err(Clash::Domain { domain: self.domain.clone(), host: host.id.clone() });
        }
        for group in &self.groups {
            if group.as_str() != INSTANCES && !fleet.groups.contains_key(group) {
                let known = fleet.groups.keys().map(GroupName::as_str);
                let meant =
                    crate::domain::suggest::nearest(group.as_str(), known).map(str::to_owned);
                return Err(Clash::Group { group: group.clone(), meant });
            }
        }
        let port = |port: Option<u16>| port.unwrap_or(22);
        let same = fleet.hosts.iter().filter(|h| {
            h.connection.address == self.address
                && (self.port.is_none() || port(h.connection.port) == port(self.port))
        });
        let same = same.map(|h| format!("host {} has the address {} too", h.id, self.address));
        Ok(same.collect())
    }

    /// The groups in whose `hosts:` it is to be named.
    pub fn places(&self, fleet: &Fleet) -> Vec<GroupName> {
        let mut places = self.groups.clone();
        let Ok(instances) = INSTANCES.parse::<GroupName>() else { return places };
        if !self.groups.iter().any(|g| is_below(fleet, g, &instances, 0)) {
            places.insert(0, instances);
        }
        places.dedup();
        places
    }

    /// The text of `host_vars/HOST/main.yml`. `hosts_yml` is the inventory file, for the folder of the schemas.
    pub fn main_yml(&self, hosts_yml: &str) -> String {
        let mut text = format!("---\n{MODELINE}{}\n", schema_path(hosts_yml));
        let mut line = |name: &str, value: &Value| {
            let _: std::fmt::Result = writeln!(text, "{name}: {}", yaml(value));
        };
        line("ansible_host", &Value::from(self.address.as_str()));
        if let Some(user) = &self.user {
            line("ansible_user", &Value::from(user.as_str()));
        }
        if let Some(port) = self.port {
            line("ansible_port", &Value::from(port));
        }
        line("cml_domain", &Value::from(self.domain.as_str()));
        let tier = u8::from(self.tier);
        let about = match self.tier {
            Tier::Managed => "1: managed. 2 would also report its metrics to the central server.",
            Tier::Reporting => "2: managed, and reports its metrics to the central server.",
        };
        let _: std::fmt::Result = write!(text, "\n# Tier {about}\ncml_tier: {tier}\n");
        if self.tier == Tier::Reporting {
            text.push_str("bunker_ops_enabled: true\n");
        }
        if self.repo.is_some() || self.reference.is_some() {
            text.push_str("\n# Where the application comes from, other than for all instances.\n");
        }
        if let Some(repo) = &self.repo {
            let _: std::fmt::Result =
                writeln!(text, "cml_repo: {}", yaml(&Value::from(repo.as_str())));
        }
        if let Some(reference) = &self.reference {
            let value = Value::from(reference.as_str());
            let _: std::fmt::Result = writeln!(text, "cml_ref: {}", yaml(&value));
        }
        if !self.variables.is_empty() {
            text.push_str("\n# As the instance was found.\n");
        }
        for (name, value) in &self.variables {
            let _: std::fmt::Result = writeln!(text, "{name}: {}", yaml(value));
        }
        text.push_str("\n# Its secrets are in vault.age beside this file: `bunker vault list`.\n");
        text
    }
}

/// Whether a group is another, or below it.
fn is_below(fleet: &Fleet, group: &GroupName, top: &GroupName, depth: usize) -> bool {
    let children = |g: &GroupName| fleet.groups.get(g).map(|g| g.children.as_slice());
    group == top
        || (depth < 32
            && children(top)
                .unwrap_or_default()
                .iter()
                .any(|child| is_below(fleet, group, child, depth + 1)))
}

/// The schema of host variables, seen from `host_vars/HOST/`: in the folder that `hosts.yml` names for its own.
fn schema_path(hosts_yml: &str) -> String {
    let named = hosts_yml.lines().find_map(|line| line.trim().strip_prefix(MODELINE));
    let folder = named.and_then(|path| path.trim().strip_suffix("hosts.json"));
    match folder {
        Some(folder) if folder.starts_with('/') || folder.contains("://") => {
            format!("{folder}host.json")
        }
        Some(folder) => format!("../../{folder}host.json"),
        None => SCHEMA.to_owned(),
    }
}

/// The folder of the schemas, seen from `host_vars/HOST/`, where it lies beside the inventory.
pub fn schema_folder(hosts_yml: &str) -> Option<String> {
    let path = schema_path(hosts_yml);
    let ours = !path.starts_with('/') && !path.contains("://");
    path.strip_suffix("host.json").filter(|_| ours).map(str::to_owned)
}

/// A value as YAML on one line. A text is bare only where every reader of YAML takes it for that text.
pub fn yaml(value: &Value) -> String {
    match value.as_str() {
        Some(text) if is_bare(text) => text.to_owned(),
        Some(_) | None => value.to_string(),
    }
}

fn is_bare(text: &str) -> bool {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '@' | '-');
    let url = |c: char| ok(c) || c == ':';
    let text_ok = match text.split_once("://") {
        Some((_, rest)) => rest.chars().all(url) && !rest.ends_with(':'),
        None => text.chars().all(ok),
    };
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let numeric =
        text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | '_' | '-' | 'x' | 'o'))
            && digits > 0
            && text.matches('.').count() < 3;
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
        && text_ok
        && !numeric
        && !words.contains(&text.to_ascii_lowercase().as_str())
}

/// The lines of a text that another replaces, as people read a difference: ` `, `-` or `+` before each line, and up
/// to three lines around.
pub fn hunk(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let first = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - first;
    let last =
        old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let part = |lines: &[&str], from: usize, to: usize, sign: char| -> Vec<String> {
        lines.iter().take(to).skip(from).map(|line| format!("{sign}{line}")).collect()
    };
    let mut out = part(&old, first.saturating_sub(3), first, ' ');
    out.extend(part(&old, first, old.len() - last, '-'));
    out.extend(part(&new, first, new.len() - last, '+'));
    out.extend(part(&old, old.len() - last, (old.len() - last + 3).min(old.len()), ' '));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(tier: Tier) -> NewInstance {
        NewInstance {
            host: "web-1".parse().unwrap(),
            domain: "web.example.org".parse().unwrap(),
            address: "192.0.2.7".parse().unwrap(),
            tier,
            user: None,
            port: Some(2222),
            groups: Vec::new(),
            repo: None,
            reference: Some("v2.10".parse().unwrap()),
            variables: [("cml_smtp_port".to_owned(), Value::from("25"))].into(),
        }
    }

    #[test]
    fn the_file_of_a_host_says_what_differs_and_where_secrets_are() {
        let hosts = "---\n# yaml-language-server: $schema=../docs/schemas/hosts.json\nall:\n";
        assert_eq!(
            new(Tier::Reporting).main_yml(hosts),
            "---\n# yaml-language-server: $schema=../../../docs/schemas/host.json\n\
             ansible_host: 192.0.2.7\nansible_port: 2222\ncml_domain: web.example.org\n\n\
             # Tier 2: managed, and reports its metrics to the central server.\ncml_tier: 2\n\
             bunker_ops_enabled: true\n\n# Where the application comes from, other than for all instances.\n\
             cml_ref: v2.10\n\n# As the instance was found.\ncml_smtp_port: \"25\"\n\n\
             # Its secrets are in vault.age beside this file: `bunker vault list`.\n"
        );
        assert!(new(Tier::Managed).main_yml("all:\n").contains("=../../../schemas/host.json\n"));
    }

    #[test]
    fn a_text_that_yaml_reads_as_something_else_is_quoted() {
        for (text, written) in [
            ("192.0.2.7", "192.0.2.7"),
            ("2.10", "\"2.10\""),
            ("10", "\"10\""),
            ("yes", "\"yes\""),
            ("1e3", "\"1e3\""),
            ("0x1F", "\"0x1F\""),
            ("v2", "v2"),
            ("::1", "\"::1\""),
            ("a b", "\"a b\""),
            ("a: b", "\"a: b\""),
            ("#x", "\"#x\""),
            ("{{ x }}", "\"{{ x }}\""),
            ("https://git.example.org/a.git", "https://git.example.org/a.git"),
            ("git@git.example.org:a.git", "\"git@git.example.org:a.git\""),
            ("", "\"\""),
        ] {
            assert_eq!(yaml(&Value::from(text)), written);
        }
    }

    #[test]
    fn a_difference_shows_only_what_changed_and_a_little_around() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n";
        let after = "1\n2\n3\n4\nnew\n5\n6\n7\n8\n";
        assert_eq!(hunk(before, after), [" 2", " 3", " 4", "+new", " 5", " 6", " 7"]);
        assert_eq!(hunk("a\n", "b\n"), ["-a", "+b"]);
        assert_eq!(hunk("", "b\n"), ["+b"]);
        assert!(hunk("a\n", "a\n").is_empty() || hunk("a\n", "a\n") == [" a"]);
        assert_eq!(hunk("x\nx\n", "x\nx\nx\n"), [" x", " x", "+x"]);
    }
}
