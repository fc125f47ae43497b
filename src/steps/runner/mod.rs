//! The runner that hosts run by themselves, and what is said to it: scripts out, answers in. Pure.

mod answer;
mod frames;

pub use answer::{Unreadable, read_abort, read_hold, read_look, read_start};
pub use frames::{Frame, FrameReader, Garbled, end_of};

use std::sync::LazyLock;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::domain::connection::Become;
use crate::domain::job::{JobInputs, JobRef, JobSpec};
use crate::steps::lease::WORDS;
use crate::steps::quote::{quote, quote_into};
use crate::steps::script::bare;

/// What the control side sends with each exec: the verbs, in POSIX sh.
static VERBS: LazyLock<String> = LazyLock::new(|| {
    bare(concat!(include_str!("words.sh"), include_str!("base.sh"), include_str!("verbs.sh")))
});
/// The file that runs a job on the host by itself.
static RUNNER: LazyLock<String> = LazyLock::new(|| {
    bare(concat!(
        include_str!("words.sh"),
        include_str!("base.sh"),
        include_str!("clock.sh"),
        include_str!("detached.sh")
    ))
});
/// The file that is the shell of each step.
static STEP: LazyLock<String> =
    LazyLock::new(|| bare(&[include_str!("words.sh"), WORDS, include_str!("step.sh")].concat()));
/// Both files as words of the shell, after the hash that names them.
static FILES: LazyLock<String> = LazyLock::new(|| {
    let hash = hex(&Sha256::digest(format!("{}{}", *RUNNER, *STEP)));
    format!("{hash} {} {}", quote(&RUNNER), quote(&STEP))
});

/// Where the program keeps its state on a host where it acts as root.
pub const STATE_ROOT: &str = "/var/lib/bunker";
/// Where it does elsewhere, below the home of the login user.
pub const STATE_USER: &str = ".local/state/bunker";

/// How a host sends the log of a job as it grows.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a> {
    /// The word that its frames carry.
    pub nonce: &'a str,
    /// Between two looks of the host for more of it, so that what comes in between is sent as one. In hundredths of a second.
    pub every: Duration,
}

/// The script that starts a job, at most once and `at_most_s` seconds after it came, says what came of it and then streams
/// the job's log from its begin. It holds what is in `inputs`, so it is sent and forgotten.
pub fn start(
    spec: &JobSpec,
    inputs: &JobInputs,
    who: Become,
    stream: Stream<'_>,
    at_most_s: u64,
) -> String {
    let root = match who {
        Become::Root => "1",
        Become::LoginUser => "0",
    };
    let fence = spec.fence.map_or_else(|| "-".to_owned(), |generation| generation.to_string());
    let mut call = Call::of("start", &spec.job, who);
    let scripts: usize = spec.steps.iter().map(|step| step.script.len()).sum();
    call.0.reserve(FILES.len() + scripts + scripts / 8);
    call = call.stream(stream).word(&at_most_s.to_string()).quoted(&FILES).word(&unit(&spec.job));
    call = call.word(root).word(&spec.nonce).word(&fence);
    for step in &spec.steps {
        let files = inputs.files.iter().filter(|(of, ..)| of == &step.id);
        call = call.word(step.id.as_str()).word(&step.timeout_s.max(1).to_string());
        call = call.word(&step.script).word(&files.clone().count().to_string());
        for (_, name, content) in files {
            call = call.word(name.as_str()).word(content.expose());
        }
    }
    call.script()
}

/// The script that streams a job's log from `offset` on.
pub fn follow(job: &JobRef, who: Become, stream: Stream<'_>, offset: u64) -> String {
    Call::of("follow", job, who).stream(stream).word(&offset.to_string()).script()
}

/// The script that tells the truth about a job.
pub fn look(job: &JobRef, who: Become) -> String {
    Call::of("look", job, who).script()
}

/// The script that leaves a hold.
pub fn hold(job: &JobRef, who: Become) -> String {
    Call::of("hold", job, who).script()
}

/// The script that ends a job: TERM, up to `tenths` tenths of a second, KILL, look.
pub fn abort(job: &JobRef, who: Become, tenths: u64) -> String {
    Call::of("abort", job, who).word(&tenths.to_string()).script()
}

/// The host's state folder, as a word of the shell.
pub fn state_folder(who: Become) -> String {
    match who {
        Become::Root => quote(STATE_ROOT),
        Become::LoginUser => format!("\"$HOME\"/{}", quote(STATE_USER)),
    }
}

/// A call of one verb in the making, with the verbs before it.
struct Call(String);

impl Call {
    fn of(verb: &str, job: &JobRef, who: Become) -> Self {
        let call = Self(format!("{}br_main {verb} {}", *VERBS, state_folder(who)));
        call.word(job.run.as_str()).word(job.instance.as_str()).word(&job.seq.to_string())
    }

    fn word(mut self, text: &str) -> Self {
        self.0.push(' ');
        quote_into(&mut self.0, &[text]);
        self
    }

    fn stream(self, Stream { nonce, every }: Stream<'_>) -> Self {
        self.word(nonce).word(&format!("{:.2}", every.as_secs_f64()))
    }

    /// Words that are quoted already.
    fn quoted(mut self, words: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(words);
        self
    }

    fn script(mut self) -> String {
        self.0.push('\n');
        self.0
    }
}

/// The name of the systemd unit: one per job and instance.
fn unit(job: &JobRef) -> String {
    let hash = hex(&Sha256::digest(job.instance.as_str()));
    format!("bunker-{}-{}-{}", job.run, job.seq, hash.get(..12).unwrap_or(&hash))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
#[path = "runner_test_home.rs"]
mod home;
#[cfg(test)]
#[path = "runner_input_tests.rs"]
mod input_tests;
#[cfg(test)]
#[path = "runner_reboot_tests.rs"]
mod reboot_tests;
#[cfg(test)]
#[path = "runner_stream_tests.rs"]
mod stream_tests;
#[cfg(test)]
#[path = "runner_tests.rs"]
mod tests;
#[cfg(test)]
#[path = "runner_upkeep_tests.rs"]
mod upkeep_tests;
