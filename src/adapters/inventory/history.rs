//! The history of the inventory: where its folder lies in a git repository, what the program has written there is committed with the
//! operator as its author.
//!
//! Only files that the program wrote are committed, and of those only such as had no changes of somebody's own before. What the
//! operator has staged stays staged. The repository's hooks run, as they would for the operator. A commit that fails is told and
//! undoes nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::domain::audit::{Actor, Anchor, Facts};
use crate::domain::untrusted::Safe;

/// How long one call of git, with its hooks, may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The word before an anchor at the end of a commit's message.
const TRAILER: &str = "Bunker-Audit";
/// Commits in which anchors are looked for.
const N_COMMITS: &str = "5000";

/// The files that are about to be written.
#[derive(Debug)]
pub struct History {
    folder: PathBuf,
    files: Vec<PathBuf>,
    /// Files with changes of somebody's own; `None` where there is no repository.
    dirty: Option<Vec<PathBuf>>,
}

/// What came of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// The inventory is in no repository, or nothing was changed.
    Nothing,
    /// It is in the history; the commit.
    As(Safe),
    /// It is not; why.
    Not(Safe),
}

impl Committed {
    /// What the audit log remembers of it.
    pub fn facts(&self) -> Facts {
        let fact = |name: &str, value: &Safe| Facts::from([(Safe::line(name), value.clone())]);
        match self {
            Self::Nothing => Facts::new(),
            Self::As(commit) => fact("inventory-commit", commit),
            Self::Not(why) => fact("inventory-not-committed", why),
        }
    }

    /// What a person is told of it.
    pub fn told(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::As(commit) => {
                let short: String = commit.as_str().chars().take(7).collect();
                Some(format!("committed to the history of the inventory as {short}"))
            }
            Self::Not(why) => {
                Some(format!("done, but not committed to the history of the inventory: {why}"))
            }
        }
    }
}

impl History {
    /// Looks at the files before they are written.
    pub fn before(inventory: &Path, files: &[PathBuf]) -> Self {
        let folder = inventory.to_owned();
        let inside = git(&folder, &["rev-parse", "--is-inside-work-tree"])
            .is_ok_and(|answer| answer.status.success() && answer.stdout.starts_with(b"true"));
        let files: Vec<PathBuf> = files.iter().map(|file| real(file)).collect();
        let dirty =
            inside.then(|| files.iter().filter(|f| !is_clean(&folder, f)).cloned().collect());
        Self { folder, files, dirty }
    }

    /// The same with files that are new and come along where the repository takes them: those beyond it, and those that it is told to
    /// ignore, stand in nobody's way.
    #[must_use]
    pub fn and(mut self, new: impl IntoIterator<Item = PathBuf>) -> Self {
        if self.dirty.is_some() {
            let new = new.into_iter().map(|file| real(&file));
            let new: Vec<PathBuf> =
                new.filter(|f| is_taken(&self.folder, f) && is_clean(&self.folder, f)).collect();
            self.files.extend(new);
        }
        self
    }

    /// Commits what was written since. `what` is the first line of the message.
    pub fn commit(&self, what: &str, who: &Actor, anchor: &Anchor) -> Committed {
        let Some(dirty) = &self.dirty else { return Committed::Nothing };
        let changed: Vec<&PathBuf> =
            self.files.iter().filter(|f| !is_clean(&self.folder, f)).collect();
        if let Some(theirs) = changed.iter().find(|f| dirty.contains(f)) {
            let name = theirs.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let why =
                format!("{name} had changes before that are not committed: commit it yourself");
            return Committed::Not(Safe::line(&why));
        }
        if changed.is_empty() {
            return Committed::Nothing;
        }
        match self.try_commit(&changed, &message(what, who, anchor), who) {
            Ok(commit) => Committed::As(commit),
            Err(why) => Committed::Not(why),
        }
    }

    fn try_commit(&self, files: &[&PathBuf], message: &str, who: &Actor) -> Result<Safe, Safe> {
        // Files that git does not know yet are made known to it, without their content: `--only` takes that.
        let new: Vec<&OsStr> =
            files.iter().filter(|f| !self.is_known(f)).map(|f| f.as_os_str()).collect();
        if !new.is_empty() {
            self.run(&["add", "--intent-to-add", "--"], &new, None)?;
        }
        let all: Vec<&OsStr> = files.iter().map(|f| f.as_os_str()).collect();
        let words = ["commit", "--quiet", "--only", "--message", message, "--"];
        let done = self.run(&words, &all, Some(who));
        if done.is_err() && !new.is_empty() {
            // The index is left as it was found.
            drop(self.run(&["rm", "--cached", "--quiet", "--force", "--"], &new, None));
        }
        done?;
        let head = self.run(&["rev-parse", "HEAD"], &[], None)?;
        Ok(Safe::line(String::from_utf8_lossy(&head.stdout).trim()))
    }

    fn is_known(&self, file: &Path) -> bool {
        self.run(&["ls-files", "--error-unmatch", "--"], &[file.as_os_str()], None).is_ok()
    }

    fn run(&self, words: &[&str], files: &[&OsStr], who: Option<&Actor>) -> Result<Output, Safe> {
        let mut command = prepared(&self.folder);
        if let Some(who) = who {
            name(&mut command, &self.folder, who);
        }
        command.args(words).args(files);
        let answer = ended(command)?;
        if answer.status.success() {
            return Ok(answer);
        }
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        let said: Vec<&str> = said.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        let verb = words.first().copied().unwrap_or_default();
        let last = said.get(said.len().saturating_sub(3)..).unwrap_or_default().join("; ");
        Err(Safe::line(&format!("git {verb} failed: {last}")))
    }
}

/// The heads of audit logs that the commits of an inventory remember; none where there is no repository.
pub fn commits_with_anchors(inventory: &Path) -> Vec<(Safe, Anchor)> {
    let format = format!("--format=%h%x09%(trailers:key={TRAILER},valueonly,separator=%x09)");
    let Ok(answer) = git(inventory, &["log", "-n", N_COMMITS, &format]) else { return Vec::new() };
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let of = |line: &str| {
        let mut words = line.split('\t');
        let commit = Safe::line(words.next()?);
        Some((commit, words.find_map(Anchor::parse)?))
    };
    text.lines().filter_map(of).collect()
}

/// The message of a commit.
fn message(what: &str, who: &Actor, anchor: &Anchor) -> String {
    let from = who.from().map(|from| format!(" from {from}")).unwrap_or_default();
    let key = who.key.as_ref().map(|key| format!(", key {}", key.fingerprint)).unwrap_or_default();
    let (what, person) = (Safe::line(what), who.person());
    format!("{what}\n\nBy {person} on {}{from}{key}\n\n{TRAILER}: {anchor}\n", who.machine)
}

/// Names the author: the operator's own identity of git where they have one and are themselves, else their login name.
fn name(command: &mut Command, folder: &Path, who: &Actor) {
    let set = git(folder, &["config", "--get", "user.email"]);
    let known = set.is_ok_and(|answer| answer.status.success() && answer.stdout.len() > 1);
    if known && who.sudo_from.is_none() {
        return;
    }
    let person = who.sudo_from.as_ref().unwrap_or(&who.user).as_str();
    let address = format!("{person}@{}", who.machine);
    command.env("GIT_AUTHOR_NAME", person).env("GIT_AUTHOR_EMAIL", &address);
    if !known {
        command.env("GIT_COMMITTER_NAME", person).env("GIT_COMMITTER_EMAIL", &address);
    }
}

/// Whether git has nothing to say about a file: it is as in the last commit, or is not there and never was.
fn is_clean(folder: &Path, file: &Path) -> bool {
    let mut command = prepared(folder);
    command.args(["status", "--porcelain", "-z", "--untracked-files=all", "--ignored", "--"]);
    command.arg(file);
    ended(command).is_ok_and(|answer| answer.status.success() && answer.stdout.is_empty())
}

/// Whether a file that is not there yet is one that the repository would take.
fn is_taken(folder: &Path, file: &Path) -> bool {
    let mut command = prepared(folder);
    // This one command takes paths as they are, and refuses to be told so.
    command.env_remove("GIT_LITERAL_PATHSPECS").args(["check-ignore", "--quiet", "--"]).arg(file);
    // 0: it is to be ignored; 128: it is beyond the repository.
    ended(command).is_ok_and(|answer| answer.status.code() == Some(1))
}

/// Its own path, without links on the way, also where the file is not there yet.
fn real(file: &Path) -> PathBuf {
    std::fs::canonicalize(file).unwrap_or_else(|_| {
        let (above, name) = (file.parent(), file.file_name());
        match (above, name) {
            (Some(above), Some(name)) if !above.as_os_str().is_empty() => real(above).join(name),
            _ => file.to_owned(),
        }
    })
}

fn git(folder: &Path, words: &[&str]) -> Result<Output, Safe> {
    let mut command = prepared(folder);
    command.args(words);
    ended(command)
}

/// Git, in this folder, whatever the environment says of another repository; it asks nobody anything.
fn prepared(folder: &Path) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_EDITOR", "true")
        .env("GIT_LITERAL_PATHSPECS", "1")
        .args(["-c", "core.fsmonitor=false", "-c", "color.ui=false", "-C"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end, but not for ever: a hook may wait for somebody.
fn ended(mut command: Command) -> Result<Output, Safe> {
    let child = command.spawn().map_err(|e| Safe::line(&format!("git cannot be run: {e}")))?;
    let pid = child.id();
    let (tell, told) = mpsc::channel();
    let waits = std::thread::Builder::new().name("git".into());
    let waiting = waits.spawn(move || drop(tell.send(child.wait_with_output())));
    waiting.map_err(|e| Safe::line(&format!("git cannot be waited for: {e}")))?;
    if let Ok(ended) = told.recv_timeout(PATIENCE) {
        return ended.map_err(|e| Safe::line(&format!("git cannot be read: {e}")));
    }
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended at this moment.
        let _ended = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    Err(Safe::line(&format!("git did not end within {} s and was stopped", PATIENCE.as_secs())))
}
