//! The kernel's table of processes (`proc_pid_stat(5)`). It is asked before each command that goes over a connection, so one
//! answer costs one read.

use std::fs::File;
use std::io::Read;

/// When this process started, in clock ticks since boot: numbers of processes are used again. `None` where there is none,
/// or only one that waits to be collected.
pub(super) fn started(pid: u32) -> Option<u64> {
    let stat = entry(pid, "stat")?;
    // The second field is the program's name in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    let start = fields.nth(18)?;
    if matches!(state, "Z" | "X" | "x") { None } else { start.parse().ok() }
}

/// Whether this process runs a program of this name.
pub(super) fn is_named(pid: u32, name: &str) -> bool {
    entry(pid, "comm").is_some_and(|comm| comm.trim() == name)
}

/// What the kernel says, which it says at once where there is room for all of it: these entries are shorter than this.
fn entry(pid: u32, of: &str) -> Option<String> {
    let mut text = [0; 4096];
    let n = File::open(format!("/proc/{pid}/{of}")).ok()?.read(&mut text).ok()?;
    Some(String::from_utf8_lossy(text.get(..n)?).into_owned())
}
