//! One call of git: nothing of the environment or of a repository's configuration can make it run a program.

use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::domain::git::GitUrl;
use crate::domain::untrusted::Safe;
use crate::engine::ports::RepositoryError;

/// How long one call may take.
const DEADLINE: Duration = Duration::from_mins(2);

/// What a call printed.
pub(super) struct Answer {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Answer {
    /// What git said went wrong: its last lines, as one.
    pub(super) fn complaint(&self) -> Safe {
        let text = String::from_utf8_lossy(&self.stderr);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        let last = lines.len().saturating_sub(3);
        let shown = lines.get(last..).unwrap_or_default().join("; ");
        if shown.is_empty() {
            Safe::line(&format!("git ended with {}", self.status))
        } else {
            Safe::line(&shown)
        }
    }

    /// Standard output as lines, or as what NUL separates.
    pub(super) fn parts(&self, separator: u8) -> impl Iterator<Item = &[u8]> {
        self.stdout.split(move |b| *b == separator).filter(|part| !part.is_empty())
    }

    /// Standard output as one trimmed text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim().to_owned()
    }
}

/// Runs git on a bare repository and gives it this to read. An error says why git could not be run or did not end.
pub(super) async fn git(repository: &Path, args: &[&str], input: Vec<u8>) -> Result<Answer, Safe> {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| names_git(name)) {
        command.env_remove(name);
    }
    command
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ALLOW_PROTOCOL", "https:ssh:file")
        .env("GIT_LITERAL_PATHSPECS", "1")
        .env("GIT_OPTIONAL_LOCKS", "0");
    if std::env::var_os("GIT_SSH_COMMAND").is_none() {
        command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
    }
    command
        .args(["-c", "protocol.ext.allow=never", "-c", "core.hooksPath=/dev/null"])
        .args(["-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "color.ui=false"])
        .args(["-c", "maintenance.auto=false"])
        .arg("--git-dir")
        .arg(repository)
        .args(args)
        .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let talk = async {
        let mut child = command.spawn()?;
        let stdin = child.stdin.take();
        let give = async {
            if let Some(mut stdin) = stdin {
                // Where git does not take it, its status says why.
                drop(stdin.write_all(&input).await);
            }
        };
        tokio::join!(give, child.wait_with_output()).1
    };
    let ran = tokio::time::timeout(DEADLINE, talk).await;
    let output = match ran {
        Ok(Ok(output)) => output,
        Ok(Err(e)) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(Safe::line("there is no git on this machine: install it"));
        }
        Ok(Err(e)) => return Err(Safe::line(&format!("git could not be started: {e}"))),
        Err(_) => {
            let text = format!("no end after {} s: is the server reachable?", DEADLINE.as_secs());
            return Err(Safe::line(&text));
        }
    };
    Ok(Answer { status: output.status, stdout: output.stdout, stderr: output.stderr })
}

/// Variables that would point git at another repository or configuration. How to reach a server stays
/// the operator's.
fn names_git(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("GIT_") && !name.starts_with("GIT_SSH") && !name.starts_with("GIT_SSL")
}

/// Runs git on our copy of a repository.
pub(super) async fn run(
    repo: &GitUrl,
    what: &'static str,
    path: &Path,
    args: &[&str],
) -> Result<Answer, RepositoryError> {
    fed(repo, what, path, args, Vec::new()).await
}

/// Runs git on our copy of a repository and gives it this to read.
pub(super) async fn fed(
    repo: &GitUrl,
    what: &'static str,
    path: &Path,
    args: &[&str],
    input: Vec<u8>,
) -> Result<Answer, RepositoryError> {
    git(path, args, input).await.map_err(|message| RepositoryError::Failed {
        repo: repo.clone(),
        what,
        message,
    })
}

/// An error where git ended with one.
pub(super) fn succeeded(
    repo: &GitUrl,
    what: &'static str,
    answer: &Answer,
) -> Result<(), RepositoryError> {
    if answer.status.success() {
        Ok(())
    } else {
        Err(RepositoryError::Failed { repo: repo.clone(), what, message: answer.complaint() })
    }
}
