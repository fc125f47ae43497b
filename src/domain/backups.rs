//! Backups of an instance: how old the newest is, how large they were, and whether they were proven.

use jiff::Timestamp;
use serde::Deserialize;

use super::settings::InstancePolicy;
use super::signal::Signal;
use super::snapshot::InstanceView;
use super::untrusted::Safe;

/// One backup that counts, as the manifest beside it tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Name of the archive.
    pub archive: Safe,
    /// Its size in bytes.
    pub size_b: u64,
    /// When it was made, by the host's clock.
    pub created: Timestamp,
    /// Whether it was read to its end when it was made.
    pub verified: bool,
    /// When it was last unpacked aside and looked at.
    pub restored_aside: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Manifest {
    archive: String,
    size: u64,
    created: Timestamp,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    restored_aside: Option<String>,
}

/// Reads the list that a host gives of its backups, oldest first. A line that is no manifest is left out.
pub fn made(stdout: &[u8]) -> Vec<Made> {
    let text = String::from_utf8_lossy(stdout);
    let manifests = text.lines().filter_map(|line| line.strip_prefix("backup "));
    let mut found: Vec<Made> = manifests
        .filter_map(|json| serde_json::from_str::<Manifest>(json).ok())
        .map(|m| Made {
            archive: Safe::line(&m.archive),
            size_b: m.size,
            created: m.created,
            verified: m.verified,
            restored_aside: m.restored_aside.and_then(|at| at.parse().ok()),
        })
        .collect();
    found.sort_by_key(|made| made.created);
    found
}

/// How the age of a backup is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Older than may be: red.
    Old,
    /// There is none.
    None,
    /// Nobody could tell.
    Unknown,
    /// Older than it should be: yellow.
    Aging,
    /// Young enough: green.
    Fresh,
}

impl Grade {
    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Old => "too old",
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Aging => "aging",
            Self::Fresh => "fresh",
        }
    }
}

/// Seconds since the last good backup, counted on to `now`.
pub fn age_s(instance: &InstanceView, now: Timestamp) -> Option<f64> {
    let reading = instance.signals.get(&Signal::BackupAge)?.reading?;
    Some(reading.value + now.duration_since(reading.at).as_secs_f64().max(0.0))
}

/// How the newest backup of an instance is to be judged.
pub fn grade(instance: &InstanceView, now: Timestamp) -> Grade {
    let Some(age_s) = age_s(instance, now) else {
        let looked = instance.facts.as_ref().and_then(|facts| facts.backup.known());
        return if looked == Some(&None) { Grade::None } else { Grade::Unknown };
    };
    by_age(age_s, &instance.policy)
}

/// The plan's colours: green below the first limit, red above the second.
fn by_age(age_s: f64, policy: &InstancePolicy) -> Grade {
    if age_s >= policy.backup_critical_s as f64 {
        Grade::Old
    } else if age_s >= policy.backup_warn_s as f64 {
        Grade::Aging
    } else {
        Grade::Fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_read_oldest_first_and_what_is_none_is_left_out() {
        let out = b"present\nold a.tar.gz\n\
            backup {\"archive\":\"b.tar.gz\",\"size\":20,\"created\":\"2026-11-22T03:00:00Z\",\"verified\":true,\"restored_aside\":\"2026-11-22T09:00:00Z\"}\n\
            backup {\"archive\":\"a\\u001b[31m.tar.gz\",\"size\":10,\"created\":\"2026-11-21T03:00:00Z\"}\n\
            backup {\"archive\":7}\nbackup nonsense\n";
        let all = made(out);
        assert_eq!(all.iter().map(|m| m.size_b).collect::<Vec<_>>(), [10, 20]);
        assert!(!all[0].archive.as_str().contains('\u{1b}') && !all[0].verified);
        assert!(all[1].verified && all[1].restored_aside.is_some());
    }

    #[test]
    fn the_colours_change_at_one_and_at_two_days() {
        let policy = InstancePolicy::default();
        let grades = [23.9, 24.0, 47.9, 48.0].map(|h| by_age(h * 3_600.0, &policy));
        assert_eq!(grades, [Grade::Fresh, Grade::Aging, Grade::Aging, Grade::Old]);
    }
}
