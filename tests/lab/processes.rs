//! Processes that belong to a lab, found by what stands in their environment.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// All processes, ourselves left out, whose environment has `entry` (`NAME=value`).
pub fn with_environment(entry: &OsStr) -> Vec<Pid> {
    let own = rustix::process::getpid();
    let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
    all.filter_map(Result::ok)
        .filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok())
        .filter_map(Pid::from_raw)
        .filter(|pid| *pid != own && has(*pid, entry))
        .collect()
}

fn has(pid: Pid, entry: &OsStr) -> bool {
    fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero()))
        .is_ok_and(|env| env.split(|b| *b == 0).any(|line| line == entry.as_bytes()))
}

/// Ends all of them: TERM, up to `grace`, then KILL until none is left.
pub fn end_all(entry: &OsStr, grace: Duration) {
    let begun = Instant::now();
    let patience = grace + Duration::from_secs(3);
    loop {
        let left = with_environment(entry);
        if left.is_empty() || begun.elapsed() > patience {
            return;
        }
        let signal = if begun.elapsed() < grace { Signal::TERM } else { Signal::KILL };
        for pid in left {
            _ = kill_process(pid, signal);
        }
        pause(Duration::from_millis(20));
    }
}

/// Lets time pass on a thread that runs no tasks.
#[expect(clippy::disallowed_methods, reason = "a thread of the lab's own, outside of any runtime")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
