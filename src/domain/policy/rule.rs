//! One entry of `bunker_guardrails`.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{GroupName, HostId};
use crate::domain::plan::Workflow;
use crate::domain::selector::Glob;
use crate::domain::settings::Tier;
use crate::domain::untrusted::Safe;

/// A rule. It is about a host of a plan where all that it names fits; one that names nothing is about every host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    /// Globs; one of the host's groups fits one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<NameGlob>,
    /// Globs; the host's name fits one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<NameGlob>,
    /// What is done is one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workflows: Vec<Workflow>,
    /// The instance has this tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// It may not be done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deny: bool,
    /// What a person has to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
    /// At most so many hosts under this rule in one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_hosts: Option<u32>,
    /// Why; it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Safe>,
}

/// What a person has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirm {
    /// Say yes.
    Y,
    /// Type the number of instances.
    Count,
    /// Type the name of the group.
    Group,
    /// Have another person approve.
    SecondOperator,
}

/// A glob over names, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NameGlob {
    text: String,
    glob: Glob,
}

impl TryFrom<String> for NameGlob {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim().to_owned();
        let glob = Glob::parse(&text).filter(|_| !text.is_empty());
        let glob = glob.ok_or_else(|| format!("{text:?} is no glob such as prod-*"))?;
        Ok(Self { text, glob })
    }
}

impl From<NameGlob> for String {
    fn from(glob: NameGlob) -> Self {
        glob.text
    }
}

impl NameGlob {
    fn fits(&self, name: &str) -> bool {
        self.glob.matches(name)
    }
}

impl Guardrail {
    /// Whether it is about this host.
    pub(super) fn fits(
        &self,
        host: &HostId,
        groups: &[GroupName],
        tier: Tier,
        workflow: Workflow,
    ) -> bool {
        let named = || self.hosts.iter().any(|g| g.fits(host.as_str()));
        let grouped =
            || groups.iter().any(|name| self.groups.iter().any(|g| g.fits(name.as_str())));
        (self.hosts.is_empty() || named())
            && (self.groups.is_empty() || grouped() || self.means_all())
            && (self.workflows.is_empty() || self.workflows.contains(&workflow))
            && self.tier.is_none_or(|wanted| wanted == tier)
    }

    /// `all` is a group of every host, which no host names.
    fn means_all(&self) -> bool {
        self.groups.iter().any(|g| g.fits("all"))
    }

    /// The group by which a host falls under it.
    pub(super) fn group_of<'g>(&self, groups: &'g [GroupName]) -> Option<&'g GroupName> {
        if self.groups.is_empty() {
            return groups.first();
        }
        groups.iter().find(|group| self.groups.iter().any(|g| g.fits(group.as_str())))
    }

    /// Its reason, or that it has none.
    pub(super) fn why(&self) -> Safe {
        self.reason.clone().unwrap_or_else(|| Safe::line("a guardrail of the fleet says so"))
    }

    /// What is wrong with it, if anything.
    pub fn problem(&self) -> Option<&'static str> {
        if !self.deny && self.confirm.is_none() && self.max_hosts.is_none() {
            return Some("it demands nothing: give deny, confirm or max_hosts");
        }
        if self.max_hosts == Some(0) {
            return Some("max_hosts is 1 or more: write `deny: true` for none");
        }
        None
    }
}
