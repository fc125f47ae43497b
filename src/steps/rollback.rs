//! What a host knows of the releases that ran on it, and whether it can go back to them. Reads only.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::script::Script;
use crate::domain::connection::Become;
use crate::domain::git::CommitSha;
use crate::domain::ids::HostId;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

/// One line of the history that the record step keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The commit.
    pub sha: CommitSha,
    /// Whether a gate found it healthy; else it is what ran before the first upgrade.
    pub healthy: bool,
    /// The branch or tag that was asked for; `-` where none is known.
    pub reference: Safe,
    /// When it was recorded, by the host's clock.
    pub at: Option<Timestamp>,
}

/// What a host said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Oldest first.
    pub releases: Vec<Past>,
    /// What is missing of a commit: `commit`, `images`, `image NAME`.
    pub gone: BTreeMap<String, Vec<Safe>>,
    /// Variables that its compose file needs and `.env` lacks.
    pub lacks: BTreeMap<String, Vec<Safe>>,
    /// Migrations that came after it and stay.
    pub crosses: BTreeMap<String, Vec<Safe>>,
}

/// Renders the look.
pub fn look(host: &HostId, become_root: Become, settings: &InstanceSettings) -> String {
    let root = if become_root == Become::Root { "1" } else { "0" };
    Script::default()
        .set("become", root)
        .set("dir", settings.dir.as_str())
        .set("instance", host.as_str())
        .set("migrations", &settings.migrations_dir)
        .list("files", settings.compose_files.iter().map(String::as_str))
        .fixed(include_str!("rollback_look.sh"))
        .text()
}

/// Reads the answer; a line that is not ours counts for nothing.
pub fn parse(text: &str) -> History {
    let mut history = History::default();
    for line in text.lines() {
        let mut words = line.splitn(3, ' ');
        let (kind, sha) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let rest = words.next().unwrap_or("");
        let Ok(commit) = sha.parse::<CommitSha>() else { continue };
        let into = match kind {
            "release" => {
                let mut rest = rest.split(' ');
                let healthy = rest.next() == Some("healthy");
                let at = rest.next().and_then(|at| at.parse().ok());
                let reference = Safe::line(rest.next().unwrap_or("-"));
                history.releases.push(Past { sha: commit, healthy, reference, at });
                continue;
            }
            "gone" => &mut history.gone,
            "lacks" => &mut history.lacks,
            "crosses" => &mut history.crosses,
            _ => continue,
        };
        into.entry(sha.to_owned()).or_default().push(Safe::line(rest));
    }
    history
}

impl History {
    /// The last release before `current`; where that was never recorded (its gate failed), the last of all. It looks at where
    /// `current` first stands, so that going back twice goes further back and not forth again.
    pub fn previous(&self, current: &CommitSha) -> Option<&Past> {
        let at = self.releases.iter().position(|p| &p.sha == current);
        let before = self.releases.get(..at.unwrap_or(self.releases.len()))?;
        before.iter().rev().find(|p| &p.sha != current)
    }

    /// The newest release that is meant by a tag, a commit or the beginning of one (7 digits or more).
    pub fn named(&self, text: &str) -> Option<&Past> {
        let is = |p: &&Past| {
            p.reference.as_str() == text || (text.len() >= 7 && p.sha.as_str().starts_with(text))
        };
        self.releases.iter().rev().find(is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    #[test]
    fn previous_is_the_last_healthy_one_before_this_and_going_back_twice_goes_further() {
        let (a, b, c) = (sha('a'), sha('b'), sha('c'));
        let text = format!(
            "present\nrelease {a} ran t -\nrelease {b} healthy t v2\nrelease {c} healthy t v2\n\
             release {b} healthy t v2\ngone {a} images\ngone {c} image x y\nlacks {a} TOKEN\nnonsense\n"
        );
        let history = parse(&text);
        let previous = |of: &str| history.previous(&of.parse().unwrap()).map(|p| p.sha.to_string());
        assert_eq!(previous(&c), Some(b.clone()));
        assert_eq!(previous(&b), Some(a.clone()), "not forth to c again");
        assert_eq!(previous(&a), None);
        assert_eq!(previous(&sha('d')), Some(b.clone()), "a failed release was never recorded");
        assert_eq!(history.named("v2").unwrap().sha.as_str(), b);
        assert_eq!(history.named(c.get(..9).unwrap()).unwrap().sha.as_str(), c);
        assert!(history.named("v9").is_none() && history.named("c").is_none());
        assert!(!history.named(&a).unwrap().healthy);
        assert_eq!(history.gone[&c], [Safe::line("image x y")]);
        assert_eq!(history.lacks[&a], [Safe::line("TOKEN")]);
    }
}
