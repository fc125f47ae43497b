//! Whether a process that wrote itself into the store still lives.

use std::sync::OnceLock;

use crate::adapters::proc_table;

/// A process of this or another machine, as the store remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    /// Its id.
    pub(super) pid: u32,
    /// When it started, in clock ticks since boot: process ids are used again.
    pub(super) start: String,
    /// Boot id and process-id namespace: where `pid` means anything.
    pub(super) machine: String,
}

/// How long a worker of another machine counts as alive after it last said so, in seconds.
const FRESH_S: i64 = 30;

impl Process {
    /// The process with this id here.
    pub(super) fn here(pid: u32) -> Self {
        Self { pid, start: start_of(pid).unwrap_or_default(), machine: machine().to_owned() }
    }

    /// Whether it lives. Here the process table decides, so that a worker that slept is not
    /// taken for dead; elsewhere its heartbeat does.
    pub(super) fn lives(&self, heartbeat_s: i64, now_s: i64) -> bool {
        if self.machine == machine() {
            start_of(self.pid).is_some_and(|start| start == self.start)
        } else {
            now_s - heartbeat_s < FRESH_S
        }
    }
}

fn start_of(pid: u32) -> Option<String> {
    proc_table::started(pid).map(|ticks| ticks.to_string())
}

/// This machine, as long as this process lives.
fn machine() -> &'static str {
    static MACHINE: OnceLock<String> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let space = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        format!("{} {}", boot.trim(), space.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_a_collected_and_a_reused_process_id_do_not_live() {
        let me = Process::here(std::process::id());
        assert!(me.lives(0, 1_000_000), "the process table decides here");
        assert!(!Process { start: "1".into(), ..me.clone() }.lives(0, 0), "the id was used again");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        let born = Process::here(pid);
        loop {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
            if stat.contains(") Z") {
                break;
            }
            std::thread::yield_now();
        }
        assert!(!born.lives(0, 0), "it has ended and was not collected");
        child.wait().unwrap();
        assert!(!born.lives(0, 0));
        let elsewhere = Process { machine: "other".into(), ..me };
        assert!(elsewhere.lives(100, 129) && !elsewhere.lives(100, 130));
    }
}
