//! Running a hook.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::domain::capability::Operate;
use crate::domain::hook::{HookCall, HookEnd, PlannedHook};
use crate::domain::untrusted::Safe;
use crate::engine::ports::HookRunner;

/// How much of its output is kept.
const CAP: usize = 256 * 1024;
/// How many of its last lines are journalled.
const LINES: usize = 10;
/// How long it may take to end after it was told to.
const GRACE: Duration = Duration::from_secs(3);

/// Runs hooks as processes of this machine.
#[derive(Debug, Clone)]
pub struct HookProcesses(());

impl HookProcesses {
    /// Needs the right to change something: a hook may do anything.
    pub fn new(_right: &Operate) -> Self {
        Self(())
    }
}

#[async_trait]
impl HookRunner for HookProcesses {
    async fn run(&self, hook: &PlannedHook, call: &HookCall) -> HookEnd {
        let began = Instant::now();
        let (failed, output) = match run(hook, call).await {
            Ok((failed, output)) => (failed, output),
            Err(what) => (Some(what), Vec::new()),
        };
        let lines = last_lines(&output);
        HookEnd {
            failed: failed.map(|what| Safe::line(&what)),
            lines,
            output,
            took_s: began.elapsed().as_secs_f64(),
        }
    }
}

/// `Err` where it was not run at all.
async fn run(hook: &PlannedHook, call: &HookCall) -> Result<(Option<String>, Vec<u8>), String> {
    is_the_planned_one(hook)?;
    let input = serde_json::to_vec(call).map_err(|e| format!("its input cannot be made: {e}"))?;
    let mut child = command(hook).spawn().map_err(|e| format!("it cannot be started: {e}"))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err("it has no output".to_owned());
    };
    let mut output = Vec::new();
    let limit = Duration::from_secs(hook.timeout_s.max(1));
    let talk = async {
        let feed = async {
            // A hook that does not read what it is told closes its end: that is its own business.
            drop(stdin.write_all(&input).await);
            drop(stdin);
        };
        let take = take_both(stdout, stderr, &mut output);
        futures_util::join!(feed, take);
        child.wait().await
    };
    let ended = tokio::time::timeout(limit, talk).await;
    let failed = match ended {
        Ok(Ok(status)) if status.success() => None,
        Ok(Ok(status)) => Some(match status.code() {
            Some(code) => format!("it ended with exit code {code}"),
            None => "it was ended by a signal".to_owned(),
        }),
        Ok(Err(error)) => Some(format!("it cannot be told how it ended: {error}")),
        Err(_) => {
            end(&mut child).await;
            Some(format!("it took longer than {} s and was ended", limit.as_secs()))
        }
    };
    Ok((failed, output))
}

/// The file, its owner and its content are looked at again right before it is run.
fn is_the_planned_one(hook: &PlannedHook) -> Result<(), String> {
    let dir = hook.path.parent().unwrap_or(Path::new("/"));
    match super::hook(dir, hook.point, hook.timeout_s) {
        Ok(Some(now)) if now.sha256 == hook.sha256 => Ok(()),
        Ok(Some(_)) => Err("it was changed after the plan was made; plan again".to_owned()),
        Ok(None) => Err("it is gone since the plan was made; plan again".to_owned()),
        Err(problem) => Err(problem.to_string()),
    }
}

/// A small environment, its own process group, so that all that it started can be ended with it.
fn command(hook: &PlannedHook) -> Command {
    let keep = |name: &str| std::env::var_os(name).map(|value| (name.to_owned(), value));
    let mut command = Command::new(&hook.path);
    command
        .env_clear()
        .envs(["HOME", "USER", "LOGNAME", "TZ", "SSH_AUTH_SOCK"].into_iter().filter_map(keep))
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LANG", "C.UTF-8")
        .env("BUNKER_HOOK", hook.point.name())
        .current_dir(hook.path.parent().unwrap_or(Path::new("/")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

async fn end(child: &mut Child) {
    let group = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
    for signal in [Signal::TERM, Signal::KILL] {
        // It may have ended by itself.
        if let Some(group) = group {
            let _gone = kill_process_group(group, signal);
        }
        if tokio::time::timeout(GRACE, child.wait()).await.is_ok() && signal == Signal::KILL {
            return;
        }
    }
}

/// Both streams into one, as they come, up to the cap; what is more is read and dropped. A process that was left
/// behind may hold them open: whoever calls this has a deadline.
async fn take_both(
    mut out: impl AsyncRead + Unpin,
    mut err: impl AsyncRead + Unpin,
    kept: &mut Vec<u8>,
) {
    let (mut one, mut two) = ([0u8; 4096], [0u8; 4096]);
    let (mut more_out, mut more_err) = (true, true);
    while more_out || more_err {
        let bytes = tokio::select! {
            n = out.read(&mut one), if more_out => match n {
                Ok(n) if n > 0 => one.get(..n),
                _ => { more_out = false; None }
            },
            n = err.read(&mut two), if more_err => match n {
                Ok(n) if n > 0 => two.get(..n),
                _ => { more_err = false; None }
            },
        };
        if let Some(bytes) = bytes {
            let room = CAP.saturating_sub(kept.len()).min(bytes.len());
            kept.extend(bytes.iter().take(room));
        }
    }
}

fn last_lines(output: &[u8]) -> Vec<Safe> {
    let lines = output.rsplit(|&b| b == b'\n').map(Safe::line_from_bytes);
    let lines = lines.filter(|line| !line.as_str().trim().is_empty());
    let mut lines: Vec<Safe> = lines.take(LINES).collect();
    lines.reverse();
    lines
}
