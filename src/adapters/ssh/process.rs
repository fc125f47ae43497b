//! Local processes, told apart from later ones with the same number by their start time.

use rustix::process::{Pid, Signal, kill_process};

use crate::adapters::proc_table;

/// A process of this machine: its number and when it started, in clock ticks since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) started: u64,
}

impl Process {
    /// The process with this number now.
    pub(super) fn find(pid: u32) -> Option<Self> {
        Some(Self { pid, started: proc_table::started(pid)? })
    }

    /// This very process.
    pub(super) fn own() -> Self {
        let pid = std::process::id();
        Self { pid, started: proc_table::started(pid).unwrap_or_default() }
    }

    /// Whether it is the same process still, and no zombie.
    pub(super) fn is_alive(self) -> bool {
        proc_table::started(self.pid) == Some(self.started)
    }

    /// Asks it to end, if it is the same process still.
    pub(super) fn end(self) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| self.is_alive()) {
            // It may have ended by itself in between: that is as good.
            let _: Result<(), rustix::io::Errno> = kill_process(pid, Signal::TERM);
        }
    }

    /// `PID-START`, as it stands in file names and files.
    pub(super) fn tag(self) -> String {
        format!("{}-{}", self.pid, self.started)
    }

    /// Reads a tag back.
    pub(super) fn from_tag(tag: &str) -> Option<Self> {
        let (pid, started) = tag.trim().split_once('-')?;
        Some(Self { pid: pid.parse().ok()?, started: started.parse().ok()? })
    }

    /// Whether it runs a program of this name.
    pub(super) fn is_named(self, name: &str) -> bool {
        proc_table::is_named(self.pid, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_itself_and_no_other() {
        let own = Process::own();
        assert!(own.is_alive());
        assert_eq!(Process::from_tag(&own.tag()), Some(own));
        assert!(!Process { started: own.started + 1, ..own }.is_alive());
        assert_eq!(Process::find(own.pid), Some(own));
    }

    #[test]
    fn only_the_same_process_is_ended() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::find(child.id()).unwrap();
        Process { started: process.started + 1, ..process }.end();
        assert!(process.is_alive());
        process.end();
        assert_eq!(child.wait().unwrap().code(), None);
        assert!(!process.is_alive());
    }
}
