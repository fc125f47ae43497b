//! What the control side asks about a lease without a job, scripts out and answers in. Pure.
//!
//! **Invariants:** whoever changes a lease holds the flock of its folder meanwhile, and none is changed while a job
//! runs there. A break first makes the old generation void, then leaves its record, then removes the lease.

use super::lease::{ACQUIRE, Claim, WORDS, who};
use super::runner::Unreadable;
use super::script::Script;
use crate::domain::connection::Become;
use crate::domain::ids::RunId;
use crate::domain::lease::{Broken, Lease, LeaseLook, LeaseOf, Renewed, Taken};
use crate::domain::run::operator::Operator;
use crate::domain::untrusted::Safe;

const DESK: &str = include_str!("lease_desk.sh");

/// A lease as a run holds it.
#[derive(Debug, Clone)]
pub struct Hold {
    /// The run.
    pub run: RunId,
    /// Its generation; `None` where it is not known.
    pub fence: Option<u64>,
    /// Seconds that it holds from now on.
    pub hold_s: u64,
    /// What the run does there, for people.
    pub doing: Safe,
}

/// Only looks.
pub fn look(of: &LeaseOf, who: Become) -> String {
    desk(of, who, Script::default()).fixed("desk_look").text()
}

/// Takes the lease, or says who has it.
pub fn take(of: &LeaseOf, to: Become, claim: &Claim, hold: &Hold) -> String {
    let script = held(of, to, hold)
        .set("workflow", claim.workflow)
        .set("target", Safe::line(claim.target.as_str()).as_str())
        .set("operator", who(&claim.operator).as_str());
    script.fixed("desk_acquire() {").fixed(ACQUIRE).fixed("}\ndesk_take").text()
}

/// Prolongs it while it is still that of the run.
pub fn renew(of: &LeaseOf, who: Become, hold: &Hold) -> String {
    held(of, who, hold).fixed("desk_renew").text()
}

/// Gives it back, if it is still that of the run.
pub fn drop(of: &LeaseOf, who: Become, hold: &Hold) -> String {
    held(of, who, hold).fixed("desk_drop").text()
}

/// Breaks it, whoever has it.
pub fn break_it(of: &LeaseOf, to: Become, by: &Operator, reason: &Safe) -> String {
    let script = desk(of, to, Script::default())
        .set("operator", who(by).as_str())
        .set("reason", Safe::line(reason.as_str()).as_str());
    script.fixed("desk_break").text()
}

fn held(of: &LeaseOf, who: Become, hold: &Hold) -> Script {
    let fence = hold.fence.map_or_else(|| "-".to_owned(), |generation| generation.to_string());
    let script = Script::default()
        .set("BUNKER_RUN", hold.run.as_str())
        .set("fence", &fence)
        .set("hold_s", &hold.hold_s.to_string())
        .set("lease_word", Safe::line(hold.doing.as_str()).as_str());
    desk(of, who, script)
}

fn desk(of: &LeaseOf, who: Become, script: Script) -> Script {
    let script = match who {
        Become::Root => script.set("BUNKER_STATE", super::runner::STATE_ROOT),
        Become::LoginUser => {
            script.set("below", super::runner::STATE_USER).fixed("BUNKER_STATE=$HOME/$below")
        }
    };
    let script = match of {
        LeaseOf::Instance(id) => script.set("BUNKER_INSTANCE", id.as_str()),
        LeaseOf::Campaign(key) => script
            .set("BUNKER_INSTANCE", "the fleet")
            .set("campaign", key.as_str())
            .fixed("lease_home=$BUNKER_STATE/campaigns/$campaign"),
    };
    script.fixed("umask 077").fixed(WORDS).fixed("lease_place").fixed(DESK)
}

/// Reads the answer to `look`.
pub fn read_look(stdout: &[u8]) -> Result<LeaseLook, Unreadable> {
    let text = String::from_utf8_lossy(stdout);
    refused(&text)?;
    if !text.starts_with("now=") {
        return Err(Unreadable::Garbled(Safe::line(text.lines().next().unwrap_or_default())));
    }
    Ok(parse_look(&text))
}

fn parse_look(text: &str) -> LeaseLook {
    let field = |name: &str| {
        let of = |line: &'_ str| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
        text.lines().find_map(of)
    };
    let line = |name: &str| Safe::line(&field(name).unwrap_or_default());
    let number = |name: &str| field(name).and_then(|text| text.trim().parse::<i64>().ok());
    let lease = number("left").map(|left_s| Lease {
        holder: line("lease.holder"),
        run: field("lease.run").and_then(|run| run.parse().ok()),
        workflow: line("lease.workflow"),
        target: line("lease.target"),
        operator: line("lease.operator"),
        generation: number("lease.generation").unwrap_or(0).max(0).cast_unsigned(),
        started: line("lease.started"),
        beat_age_s: number("lease.beat").and_then(|beat| Some((number("up")? - beat).max(0))),
        doing: line("lease.doing"),
        left_s,
    });
    let breaks = text.lines().filter_map(|l| l.strip_prefix("break=")).map(Safe::line);
    LeaseLook {
        lease,
        job: field("job").filter(|job| !job.trim().is_empty()).map(|job| Safe::line(&job)),
        generation: number("generation").unwrap_or(0).max(0).cast_unsigned(),
        breaks: breaks.collect(),
    }
}

/// Reads the answer to `take`.
pub fn read_take(stdout: &[u8]) -> Result<Taken, Unreadable> {
    let text = String::from_utf8_lossy(stdout);
    refused(&text)?;
    let (word, rest) = first(&text);
    match word {
        "taken" => rest.parse().map(Taken::Ours).map_err(|_| garbled(&text)),
        "held" => Ok(Taken::Held(Box::new(parse_look(&text)))),
        "busy" => Ok(Taken::Busy(Safe::line(rest))),
        _ => Err(garbled(&text)),
    }
}

/// Reads the answer to `renew` and to `drop`.
pub fn read_renew(stdout: &[u8]) -> Result<Renewed, Unreadable> {
    let text = String::from_utf8_lossy(stdout);
    refused(&text)?;
    let (word, rest) = first(&text);
    match word {
        "renewed" | "dropped" => Ok(Renewed::Ours),
        "busy" => Ok(Renewed::Busy),
        "gone" => Ok(Renewed::Gone),
        "lost" => Ok(Renewed::Lost(Safe::line(rest.strip_prefix("to ").unwrap_or(rest)))),
        _ => Err(garbled(&text)),
    }
}

/// Reads the answer to `break_it`.
pub fn read_break(stdout: &[u8]) -> Result<Broken, Unreadable> {
    let text = String::from_utf8_lossy(stdout);
    refused(&text)?;
    let (word, rest) = first(&text);
    match word {
        "broken" => {
            let (generation, holder) = rest.split_once(' ').unwrap_or((rest, ""));
            let generation = generation.parse().map_err(|_| garbled(&text))?;
            Ok(Broken::Done { generation, holder: Safe::line(holder) })
        }
        "none" => Ok(Broken::None),
        "busy" => Ok(Broken::Busy(Safe::line(rest))),
        _ => Err(garbled(&text)),
    }
}

fn first(text: &str) -> (&str, &str) {
    let line = text.lines().next().unwrap_or_default().trim_end();
    line.split_once(' ').unwrap_or((line, ""))
}

fn refused(text: &str) -> Result<(), Unreadable> {
    match text.strip_prefix("failed ") {
        Some(why) => Err(Unreadable::Refused(Safe::line(why.lines().next().unwrap_or(why)))),
        None => Ok(()),
    }
}

fn garbled(text: &str) -> Unreadable {
    Unreadable::Garbled(Safe::line(text.lines().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_nonsense_is_not() {
        let text = b"now=5\nup=100\ngeneration=7\njob=\nleft=20\nlease.holder=run x\nlease.run=261122-221405-7f3a\n\
            lease.generation=7\nlease.beat=90\nlease.doing=up, step 3 of 4\nbreak=a\nbreak=b\n";
        let look = read_look(text).unwrap();
        let lease = look.lease.unwrap();
        assert_eq!((lease.generation, lease.left_s, lease.beat_age_s), (7, 20, Some(10)));
        assert_eq!(lease.doing, "up, step 3 of 4".into());
        assert_eq!((look.job, look.breaks.len(), look.generation), (None, 2, 7));
        assert_eq!(read_look(b"now=5\nup=1\ngeneration=0\njob=\n").unwrap(), LeaseLook::default());
        assert_eq!(read_take(b"taken 3\nlease 3 taken\n"), Ok(Taken::Ours(3)));
        assert_eq!(read_renew(b"lost to run y\n"), Ok(Renewed::Lost("run y".into())));
        assert_eq!(read_break(b"busy job 1\n"), Ok(Broken::Busy("job 1".into())));
        for nonsense in [&b""[..], b"what\n", b"taken x\n", b"broken\n"] {
            assert!(read_look(nonsense).is_err() && read_take(nonsense).is_err());
            assert!(read_renew(nonsense).is_err() && read_break(nonsense).is_err());
        }
        let full = Unreadable::Refused("the disk is full".into());
        assert_eq!(read_take(b"failed the disk is full\n"), Err(full));
    }
}

#[cfg(test)]
#[path = "lease_race_tests.rs"]
mod races;
