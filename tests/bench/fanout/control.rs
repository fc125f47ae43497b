//! The measured side: a process that runs one tool, waits for everything that came of it, and says what it cost.
//!
//! It is the reaper of its descendants, so that the CPU of what daemonises (masters, workers) is counted too. The
//! hosts' side does not descend from it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{WaitOptions, set_child_subreaper, wait};
use serde::{Deserialize, Serialize};

/// What one round of one tool cost.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// From its start to its end, in seconds.
    pub(crate) wall_s: f64,
    /// CPU of all processes of the tool on the control side, in seconds.
    pub(crate) cpu_s: f64,
}

/// Runs this program again as `--control` around a command; gives the cost.
pub(crate) fn measured(
    dir: &Path,
    command: &[String],
    env: &[(String, String)],
) -> Result<Cost, String> {
    again(dir, "--control", command, env)
}

/// Runs this program again with these arguments, and reads what it measured.
pub(crate) fn again(
    dir: &Path,
    verb: &str,
    args: &[String],
    env: &[(String, String)],
) -> Result<Cost, String> {
    let result = dir.join("cost.json");
    drop(std::fs::remove_file(&result));
    let own = std::env::current_exe().unwrap();
    let out = Command::new(own)
        .arg(verb)
        .arg(&result)
        .args(args)
        .envs(env.iter().cloned())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&result).map_err(|_| last_line(&out.stderr, &out.stdout))?;
    serde_json::from_str(&text).map_err(|e| e.to_string())
}

fn last_line(stderr: &[u8], stdout: &[u8]) -> String {
    let text = format!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
    let lines: Vec<&str> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

/// `--control RESULT COMMAND...`
pub(crate) fn run(args: &[String]) {
    set_child_subreaper(Some(rustix::process::getpid())).unwrap();
    let begin = Instant::now();
    let status = Command::new(&args[1]).args(&args[2..]).stdin(Stdio::null()).status().unwrap();
    let wall_s = begin.elapsed().as_secs_f64();
    assert!(status.success(), "{:?} ended with {status}", &args[1..]);
    wait_for_all(Duration::from_secs(90));
    write(&args[0], Cost { wall_s, cpu_s: children_cpu_s() });
}

pub(crate) fn write(result: &str, cost: Cost) {
    std::fs::write(result, serde_json::to_string(&cost).unwrap()).unwrap();
}

/// Waits for all descendants, those that daemonised included.
fn wait_for_all(limit: Duration) {
    let (alone, nobody_is_left) = mpsc::channel();
    std::thread::spawn(move || {
        while wait(WaitOptions::empty()).is_ok() {}
        alone.send(())
    });
    let ended = nobody_is_left.recv_timeout(limit);
    assert!(ended.is_ok(), "something of the tool was still there after {limit:?}");
}

/// CPU of all descendants that ended and were waited for.
pub(crate) fn children_cpu_s() -> f64 {
    // Fields 16 and 17 of /proc/self/stat, in ticks of a hundredth.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap();
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

/// CPU that a living process has used, its waited-for children included.
pub(crate) fn cpu_of_s(pid: u32) -> f64 {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return 0.0 };
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[11..15].iter().map(|f| f.parse::<u64>().unwrap()).sum();
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}
