//! The first instance of an inventory that is made.

use std::str::FromStr;

use crate::domain::connection::Address;
use crate::domain::git::GitUrl;
use crate::domain::ids::{Domain, HostId, InvalidName};

/// What has to be known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstInstance {
    /// Its inventory hostname.
    pub host: HostId,
    /// `cml_domain`.
    pub domain: Domain,
    /// `ansible_host`.
    pub address: Address,
    /// `cml_repo`, of all instances.
    pub repo: GitUrl,
}

/// The text names no instance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoInstance {
    /// It is not four words.
    #[error(
        "write four words: its name, its domain, the address of its server and the git repository, as red-deer \
         voices.example.org 192.0.2.7 https://git.example.org/cml.git"
    )]
    Words,
    /// One of them cannot be.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl FromStr for FirstInstance {
    type Err = NoInstance;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [host, domain, address, repo] = words.as_slice() else {
            return Err(NoInstance::Words);
        };
        let (host, domain) = (host.parse()?, domain.parse()?);
        Ok(Self { host, domain, address: address.parse()?, repo: repo.parse()? })
    }
}

const HOSTS: &str = "---
# The fleet: which hosts there are, and in which groups. An ordinary Ansible inventory.
# `bunker instance add` writes the next instance in; so does N in the cockpit.
# Check every change with `bunker inventory check`.

all:
  children:
    # Every member is a Changemaker Lite instance and needs cml_domain.
    changemaker_instances:
      hosts:
";

const POLICY: &str = "---
# What holds for the whole fleet; a group or a host says otherwise in its own folder. docs/operations.md names all of it.

# The account that runs the instances on their hosts, with sudo.
ansible_user: changemaker

";

impl FirstInstance {
    /// `hosts.yml`.
    pub fn hosts(&self) -> String {
        format!("{HOSTS}        {}:\n", self.host)
    }

    /// What holds for the whole fleet.
    pub fn policy(&self) -> String {
        format!("{POLICY}# Where the application comes from.\ncml_repo: \"{}\"\n", self.repo)
    }

    /// Its variables. Names and addresses hold nothing that YAML would read otherwise within quotes.
    pub fn variables(&self) -> String {
        let (address, domain) = (&self.address, &self.domain);
        format!("---\nansible_host: \"{address}\"\ncml_domain: \"{domain}\"\ncml_tier: 1\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_words_name_an_instance_and_nothing_else_does() {
        let first: FirstInstance =
            "red-deer voices.example.org 192.0.2.7 https://git.example.org/a.git".parse().unwrap();
        assert!(first.hosts().ends_with("      hosts:\n        red-deer:\n"));
        assert!(first.variables().contains("ansible_host: \"192.0.2.7\""));
        for bad in [
            "",
            "a",
            "a b.org c",
            "-x b.org 1.2.3.4 https://g.org/a",
            "a B_C 1.2.3.4 https://g.org/a",
            "a b.org -oProxy=x https://g.org/a",
            "a b.org 1.2.3.4 --upload-pack=x",
            "a b.org 1.2.3.4 https://g.org/a more",
        ] {
            assert!(bad.parse::<FirstInstance>().is_err(), "{bad:?}");
        }
    }
}
