//! The measured side: a process that runs one tool, waits for everything that came of it, and says what it cost.
//!
//! It is the reaper of its descendants, so that the CPU of what daemonises (masters, workers) is counted too. The
//! hosts' side does not descend from it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, wait};
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

/// The same of a tool that leaves connections open behind it, with their sockets in this folder: they are ended by us,
/// each by its id, and what they used counts.
pub(crate) fn measured_with_masters(
    dir: &Path,
    sockets: &Path,
    command: &[String],
    env: &[(String, String)],
) -> Result<Cost, String> {
    let args = [&[sockets.display().to_string()], command].concat();
    again(dir, "--control-masters", &args, env)
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
    control(&args[0], None, &args[1..]);
}

/// `--control-masters RESULT SOCKETS COMMAND...`
pub(crate) fn run_with_masters(args: &[String]) {
    control(&args[0], Some(&args[1]), &args[2..]);
}

fn control(result: &str, sockets: Option<&str>, command: &[String]) {
    set_child_subreaper(Some(getpid())).unwrap();
    let begin = Instant::now();
    let status =
        Command::new(&command[0]).args(&command[1..]).stdin(Stdio::null()).status().unwrap();
    let wall_s = begin.elapsed().as_secs_f64();
    for master in sockets.map(masters).unwrap_or_default() {
        kill_process(master, Signal::TERM).unwrap();
    }
    assert!(status.success(), "{command:?} ended with {status}");
    wait_for_all(Duration::from_secs(90));
    write(result, Cost { wall_s, cpu_s: children_cpu_s() });
}

/// The SSH connections with a socket in this folder that are our children by now. Nobody has waited for them yet, so
/// their ids are theirs alone.
fn masters(sockets: &str) -> Vec<Pid> {
    let ours = |pid: &Pid| {
        let of = |name: &str| {
            std::fs::read(format!("/proc/{}/{name}", pid.as_raw_nonzero())).unwrap_or_default()
        };
        let stat = String::from_utf8_lossy(&of("stat")).into_owned();
        let Some((name, rest)) = stat.rsplit_once(") ") else { return false };
        let parent = rest.split(' ').nth(1).and_then(|parent| parent.parse().ok());
        name.ends_with("(ssh")
            && parent == Some(getpid().as_raw_nonzero().get())
            && String::from_utf8_lossy(&of("cmdline")).contains(sockets)
    };
    let numbers = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?));
    numbers.filter(ours).collect()
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

/// CPU that the SSH connections with a socket below this folder have used so far, whoever began them.
pub(crate) fn connections_cpu_s(below: &Path) -> f64 {
    let below = below.display().to_string();
    let numbers = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.parse::<u32>().ok()
    });
    let ours = |pid: &u32| {
        let cmdline = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let cmdline = String::from_utf8_lossy(&cmdline);
        let program = cmdline.split('\0').next().unwrap_or_default();
        (program == "ssh" || program.ends_with("/ssh") || program.starts_with("ssh: "))
            && cmdline.contains(&below)
    };
    numbers.filter(ours).map(cpu_of_s).sum()
}

/// CPU that a living process of one thread has used. A connection uses less than a hundredth of a second in a round, which is
/// as fine as `/proc/PID/stat` tells; `/proc/PID/schedstat` begins with nanoseconds.
pub(crate) fn cpu_of_s(pid: u32) -> f64 {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/schedstat")) else { return 0.0 };
    let ns: u64 = stat.split(' ').next().unwrap().parse().unwrap();
    ns as f64 / 1e9
}
