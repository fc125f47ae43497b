//! The processes of one playbook on this machine. Ansible's workers leave its session and its process group, so they
//! are known by a mark in their environment.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

/// The variable that marks them.
pub(super) const MARK: &str = "BUNKER_PLAYBOOK";

/// Those that carry this mark now.
fn marked(nonce: &str) -> Vec<Pid> {
    let wanted = format!("{MARK}={nonce}");
    let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<i32>().ok();
    let carries = |pid: &i32| {
        let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environ.split(|b| *b == 0).any(|word| word == wanted.as_bytes())
    };
    all.flatten().filter_map(number).filter(carries).filter_map(Pid::from_raw).collect()
}

/// Ends them: TERM, wait, KILL, look; gives whether none is left.
pub(super) async fn end(nonce: &str, grace: Duration) -> bool {
    for (signal, wait) in [(Signal::TERM, grace), (Signal::KILL, Duration::from_secs(5))] {
        let until = Instant::now() + wait;
        let mut told = Vec::new();
        loop {
            let left = marked(nonce);
            if left.is_empty() {
                return true;
            }
            for pid in left
                .into_iter()
                .filter(|pid| signal == Signal::KILL || !told.contains(pid))
                .collect::<Vec<_>>()
            {
                // It may have ended by itself in between: that is as good.
                let _: Result<(), rustix::io::Errno> = kill_process(pid, signal);
                told.push(pid);
            }
            if Instant::now() >= until {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    marked(nonce).is_empty()
}
