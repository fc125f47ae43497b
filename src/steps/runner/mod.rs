//! The runner that hosts run by themselves, and what is said to it: scripts out, answers in. Pure.

mod answer;
mod frames;

pub use answer::{Unreadable, read_abort, read_hold, read_look, read_start};
pub use frames::{Frame, FrameReader, Garbled, end_of};

use sha2::{Digest, Sha256};

use crate::domain::connection::Become;
use crate::domain::job::{JobInputs, JobRef, JobSpec};
use crate::steps::quote::quote;

/// What the control side sends with each exec: the verbs, in POSIX sh.
const VERBS: &str =
    concat!(include_str!("words.sh"), include_str!("base.sh"), include_str!("verbs.sh"));
/// The file that runs a job on the host by itself.
const RUNNER: &str = concat!(
    include_str!("words.sh"),
    include_str!("base.sh"),
    include_str!("clock.sh"),
    include_str!("detached.sh")
);
/// The file that is the shell of each step.
const STEP: &str = concat!(include_str!("words.sh"), include_str!("step.sh"));

/// Where the program keeps its state on a host where it acts as root.
pub const STATE_ROOT: &str = "/var/lib/bunker";
/// Where it does elsewhere, below the home of the login user.
pub const STATE_USER: &str = ".local/state/bunker";

/// The script that starts a job, at most once and `at_most_s` seconds after it came, says what came of it and then streams
/// the job's log from its begin, in frames that carry `nonce`. It holds what is in `inputs`, so it is sent and forgotten.
pub fn start(
    spec: &JobSpec,
    inputs: &JobInputs,
    who: Become,
    nonce: &str,
    at_most_s: u64,
) -> String {
    let hash = hex(&Sha256::digest(format!("{RUNNER}{STEP}")));
    let root = match who {
        Become::Root => "1",
        Become::LoginUser => "0",
    };
    let fence = spec.fence.map_or_else(|| "-".to_owned(), |generation| generation.to_string());
    let mut words = vec![nonce.to_owned(), at_most_s.to_string(), hash];
    words.extend([RUNNER.to_owned(), STEP.to_owned(), unit(&spec.job)]);
    words.extend([root.to_owned(), spec.nonce.clone(), fence]);
    for step in &spec.steps {
        words.push(step.id.to_string());
        words.push(step.timeout_s.max(1).to_string());
        words.push(step.script.clone());
        let files = inputs.files.iter().filter(|(of, ..)| of == &step.id);
        words.push(files.clone().count().to_string());
        for (_, name, content) in files {
            words.push(name.to_string());
            words.push(content.expose().to_owned());
        }
    }
    call("start", &spec.job, who, &words)
}

/// The script that streams a job's log from `offset` on, in frames that carry `nonce`.
pub fn follow(job: &JobRef, who: Become, nonce: &str, offset: u64) -> String {
    call("follow", job, who, &[nonce.to_owned(), offset.to_string()])
}

/// The script that tells the truth about a job.
pub fn look(job: &JobRef, who: Become) -> String {
    call("look", job, who, &[])
}

/// The script that leaves a hold.
pub fn hold(job: &JobRef, who: Become) -> String {
    call("hold", job, who, &[])
}

/// The script that ends a job: TERM, up to `tenths` tenths of a second, KILL, look.
pub fn abort(job: &JobRef, who: Become, tenths: u64) -> String {
    call("abort", job, who, &[tenths.to_string()])
}

/// The host's state folder, as a word of the shell.
pub fn state_folder(who: Become) -> String {
    match who {
        Become::Root => quote(STATE_ROOT),
        Become::LoginUser => format!("\"$HOME\"/{}", quote(STATE_USER)),
    }
}

fn call(verb: &str, job: &JobRef, who: Become, words: &[String]) -> String {
    let state = state_folder(who);
    let fixed = [job.run.to_string(), job.instance.to_string(), job.seq.to_string()];
    let words: Vec<String> = fixed.iter().chain(words).map(|word| quote(word)).collect();
    let words = words.join(" ");
    format!("{VERBS}br_main {verb} {state} {words}\n")
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
