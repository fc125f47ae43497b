//! A job of a fake host: what its log says at any moment follows from when it began.

use std::collections::BTreeMap;
use std::time::Duration;

use bunker_ops::domain::job::{JobEnd, JobSpec};
use tokio::time::Instant;

/// How long every step takes.
pub(crate) const STEP: Duration = Duration::from_secs(2);
/// The steps that take the lease of the host and give it back.
pub(crate) const LEASE: &str = "lease";
pub(crate) const GIVE_BACK: [&str; 2] = ["give-back", "free-lease"];

pub(crate) struct FakeJob {
    pub(crate) spec: JobSpec,
    pub(crate) began: Instant,
    pub(crate) held: Option<Instant>,
    pub(crate) killed: Option<Instant>,
    /// What its step that takes the lease got: the generation, or that somebody else has it.
    pub(crate) lease: Option<Result<u64, ()>>,
    /// It was made under a lease that is no longer the newest.
    pub(crate) fenced: bool,
    /// Nothing further of it touches the lease.
    pub(crate) settled: bool,
}

/// What there is of a job at a moment.
pub(crate) struct Seen {
    pub(crate) log: Vec<u8>,
    /// How it ended, and when.
    pub(crate) end: Option<(JobEnd, Instant)>,
    /// When it gave the lease back.
    pub(crate) gave_back: Option<Instant>,
}

impl FakeJob {
    pub(crate) fn new(spec: &JobSpec) -> Self {
        let (held, killed, lease) = (None, None, None);
        let (spec, began) = (spec.clone(), Instant::now());
        Self { spec, began, held, killed, lease, fenced: false, settled: false }
    }

    pub(crate) fn at(&self, now: Instant, exits: &BTreeMap<String, i32>) -> Seen {
        let mut seen = Seen { log: Vec::new(), end: None, gave_back: None };
        if self.fenced {
            seen.end = Some((JobEnd::Fenced("run 1 by bob".into()), self.began));
            return seen;
        }
        let mut t = self.began;
        let mark = |log: &mut Vec<u8>, words: String| {
            log.extend(format!("\x1e{} {words}\n", self.spec.nonce).into_bytes());
        };
        let second = |t: Instant| 1_790_000_000 + t.duration_since(self.began).as_secs();
        for step in &self.spec.steps {
            if self.held.is_some_and(|held| held <= t && held <= now) {
                seen.end = Some((JobEnd::Held, t));
                return seen;
            }
            if t > now {
                return seen;
            }
            mark(&mut seen.log, format!("start {} {}", step.id, second(t)));
            seen.log.extend(format!("{} says something\n", step.id).into_bytes());
            if let Some(killed) = self.killed.filter(|killed| *killed < t + STEP && *killed <= now)
            {
                seen.end = Some((JobEnd::Aborted, killed.max(t)));
                return seen;
            }
            t += STEP;
            if t > now {
                return seen;
            }
            if GIVE_BACK.contains(&step.id.as_str()) {
                seen.gave_back = Some(t);
            }
            let exit = self.exit(step.id.as_str(), exits, &mut seen.log, &mark);
            mark(&mut seen.log, format!("done {} {exit} {} 1", step.id, second(t)));
            if exit != 0 && exit != 77 {
                seen.end = Some((JobEnd::Exited(exit), t));
                return seen;
            }
        }
        seen.end = Some((JobEnd::Exited(0), t));
        seen
    }

    /// What a step tells, and the code that it ends with.
    fn exit(
        &self,
        step: &str,
        exits: &BTreeMap<String, i32>,
        log: &mut Vec<u8>,
        mark: &impl Fn(&mut Vec<u8>, String),
    ) -> i32 {
        let told = match self.lease.filter(|_| step == LEASE) {
            Some(Err(())) => return 1,
            Some(Ok(generation)) => {
                use base64::Engine as _;
                let text = base64::prelude::BASE64_STANDARD.encode(generation.to_string());
                format!("tell {step} lease-generation {text}")
            }
            None => format!("tell {step} did dGhhdA=="),
        };
        mark(log, told);
        exits.get(step).copied().unwrap_or(0)
    }
}
