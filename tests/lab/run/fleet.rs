//! The fleet of the demo: twelve instances that are not alike.

use std::time::Duration;

use crate::lab::HostSpec;
use crate::lab::metrics::{Incident, Profile};

const HOUR: u64 = 3_600;

/// Name, domain, tier, release, age of the backup in hours, disk in per cent, groups.
type Row = (&'static str, &'static str, u8, &'static str, u64, u8, &'static [&'static str]);

const ROWS: [Row; 12] = [
    ("calgary-prod", "ward7.calgary.org", 2, "v2.4.0", 31, 88, &["production"]),
    ("red-deer", "voices.rd.ca", 2, "v2.4.1", 6, 61, &["production"]),
    ("leduc-test", "leduc.cmlite.org", 1, "v2.3.9", 9, 35, &["test"]),
    ("edmonton-prod", "betteredmonton.org", 2, "v2.4.1", 6, 54, &["production"]),
    ("st-albert", "stalbert.org", 2, "v2.4.1", 6, 40, &["production"]),
    ("lethbridge", "lethbridgevoices.ca", 2, "v2.4.1", 7, 47, &["production"]),
    ("banff", "bowvalley.org", 2, "v2.4.1", 57, 58, &["production"]),
    ("jasper", "jasper.cmlite.org", 1, "v2.4.1", 5, 31, &["canary"]),
    ("camrose", "camrose.cmlite.org", 1, "v2.4.0", 8, 44, &["production"]),
    ("airdrie", "airdrievoices.ca", 2, "v2.4.1", 4, 52, &["production", "canary"]),
    ("olds", "olds.cmlite.org", 1, "v2.3.9", 11, 63, &["production"]),
    ("test-01", "test.cmlite.org", 2, "v2.5.0", 2, 22, &["test", "canary"]),
];

/// The instance that is upgraded where nobody sits at a terminal.
pub(super) const UPGRADED: &str = "jasper";
/// The instance whose API has crashed, and how long ago in seconds.
pub(super) const CRASHED: (&str, u64) = ("calgary-prod", 275);
/// The instance that cannot be reached.
pub(super) const UNREACHABLE: &str = "leduc-test";
/// The instance whose checkout has a local override file.
pub(super) const OVERRIDDEN: &str = "banff";

/// The hosts to make.
pub(super) fn hosts() -> Vec<HostSpec> {
    ROWS.iter()
        .map(|(name, domain, tier, release, backup_h, disk, groups)| {
            let mut spec = HostSpec::new(name);
            (*domain).clone_into(&mut spec.domain);
            spec.tier = *tier;
            (*release).clone_into(&mut spec.release);
            spec.backup_age = Some(Duration::from_secs(backup_h * HOUR + 420));
            spec.disk_used = *disk;
            spec.groups = groups.iter().map(|group| (*group).to_owned()).collect();
            spec
        })
        .collect()
}

/// How an instance lives, when it is `now` (Unix seconds).
pub(super) fn profile(host: &HostSpec, now: f64) -> Profile {
    let mut profile = Profile::new(&host.domain);
    profile.disk = f64::from(host.disk_used) / 100.0;
    let hour = HOUR as f64;
    // Whenever the demo is looked at, it is the busy time of its fleet.
    profile.noon = now - 0.5 * hour;
    match host.name.as_str() {
        "red-deer" => profile.incidents.push(Incident {
            from: now - 0.6 * hour,
            to: f64::INFINITY,
            p95: 1.9,
            errors: 0.042,
            queue: 212.0,
        }),
        "calgary-prod" => profile.incidents.push(Incident {
            from: now - 900.0,
            to: f64::INFINITY,
            p95: 2.6,
            errors: 0.09,
            queue: 88.0,
        }),
        "lethbridge" => profile.incidents.push(Incident {
            from: now - 3.4 * hour,
            to: now - 2.7 * hour,
            p95: 1.4,
            errors: 0.03,
            queue: 140.0,
        }),
        "edmonton-prod" => profile.rps = 78.0,
        _ => {}
    }
    profile
}
