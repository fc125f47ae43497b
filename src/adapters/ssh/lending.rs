//! Connections that are lent: a process uses the open connection of another one of this user instead of opening its
//! own. So a worker begins with the connections over which its plan was made: opening one costs ten times what a whole
//! phase of a host does.
//!
//! Beside the files of a connection stands `….guest-PID-START` for each process that may use it beside its owner, and
//! `….left` once its owner no longer does.
//!
//! **Invariant:** the last of owner and guests ends the connection. Who leaves looks for living others first; where two
//! leave in the same moment and both see the other, `ssh` ends by itself after a minute without a session
//! (`ControlPersist`), and the next program that starts removes the files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::control_files::{ControlFiles, own_private};
use super::process::Process;

/// Whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tenancy {
    /// This process opened it.
    Owner,
    /// Another process did.
    Guest,
}

/// The connections of other processes, as of a moment ago: all hosts of a fleet look for theirs at once.
#[derive(Debug, Default)]
pub(super) struct Others(Mutex<Option<(Instant, Arc<[ControlFiles]>)>>);

/// How long they are taken for known. One that came since is not found, and another is opened.
const KNOWN_FOR: Duration = Duration::from_millis(100);

impl Others {
    fn now(&self, own: &Path) -> Arc<[ControlFiles]> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = known.as_ref().filter(|(at, _)| at.elapsed() < KNOWN_FOR) {
            return Arc::clone(found);
        }
        let others = own.parent().into_iter().flat_map(folders).filter(|dir| dir != own);
        let found: Arc<[_]> = others.flat_map(|dir| connections(&dir)).collect();
        *known = Some((Instant::now(), Arc::clone(&found)));
        found
    }
}

/// Finds an open connection of another process that was opened with exactly this configuration, and says that we use it.
pub(super) fn borrow(own: &Path, others: &Others, config: &str) -> Option<(ControlFiles, Process)> {
    let name = ControlFiles::name_of(config);
    let others = others.now(own);
    others.iter().filter(|files| files.is_named(&name)).find_map(|files| {
        if fs::read_to_string(&files.config).ok()? != config {
            return None;
        }
        let process = master(files)?;
        // A mark of ours may stand there already, made by who started us.
        drop(own_private(&guest(files, Process::own())));
        if master(files) == Some(process) && files.socket.exists() {
            return Some((files.clone(), process));
        }
        drop(fs::remove_file(guest(files, Process::own())));
        None
    })
}

/// Lets another process use all connections of this folder, also after we have gone.
pub(super) fn lend_all(own: &Path, to: u32) {
    let Some(to) = Process::find(to) else { return };
    for files in connections(own).filter(|files| master(files).is_some()) {
        // Where it cannot be marked, the other opens a connection of its own.
        drop(own_private(&guest(&files, to)));
    }
}

/// No longer uses a connection; ends it where nobody else does. Gives whether it was ended.
pub(super) fn leave(files: &ControlFiles, process: Process, as_what: Tenancy) -> bool {
    let in_use = match as_what {
        Tenancy::Owner => {
            let guests = has_guests(files);
            if guests {
                drop(own_private(&left(files)));
            }
            guests
        }
        Tenancy::Guest => {
            drop(fs::remove_file(guest(files, Process::own())));
            (owner_lives(files) && !left(files).exists()) || has_guests(files)
        }
    };
    if !in_use {
        process.end();
        forget(files);
    }
    !in_use
}

/// Leaves every connection that was lent to us, used or not.
pub(super) fn leave_all(own: &Path) {
    let Some(base) = own.parent() else { return };
    for files in folders(base).filter(|dir| dir != own).flat_map(|dir| connections(&dir)) {
        let Some(process) = master(&files).filter(|_| guest(&files, Process::own()).exists())
        else {
            continue;
        };
        leave(&files, process, Tenancy::Guest);
    }
}

/// Ends the connections of a dead process that nobody was lent, and removes their files; gives whether any is left.
pub(super) fn clear(dead: &Path) -> bool {
    let mut left_over = false;
    for files in connections(dead) {
        match master(&files) {
            Some(_) if has_guests(&files) => left_over = true,
            Some(process) => {
                tracing::info!(pid = process.pid, "ending an ssh connection of a dead process");
                process.end();
                forget(&files);
            }
            None => forget(&files),
        }
    }
    left_over
}

/// Whether a connection of this folder is open.
pub(super) fn any_open(dir: &Path) -> bool {
    connections(dir).any(|files| master(&files).is_some())
}

fn folders(base: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(base).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// The names in a folder that begin like this.
fn names(dir: &Path, begin: &str) -> impl Iterator<Item = String> + use<> {
    let begin = begin.to_owned();
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let name = entry.file_name().into_string().ok()?;
        name.starts_with(&begin).then_some(name)
    })
}

/// The connections whose process is noted in a folder.
fn connections(dir: &Path) -> impl Iterator<Item = ControlFiles> + use<> {
    let dir = dir.to_owned();
    names(&dir, "")
        .filter_map(move |name| Some(ControlFiles::of(&dir.join(name.strip_suffix(".pid")?))))
}

/// The living process of a connection.
fn master(files: &ControlFiles) -> Option<Process> {
    let text = fs::read_to_string(&files.process).ok()?;
    Process::from_tag(&text).filter(|process| process.is_alive() && process.is_named("ssh"))
}

fn guest(files: &ControlFiles, who: Process) -> PathBuf {
    beside(files, &format!("guest-{}", who.tag()))
}

fn left(files: &ControlFiles) -> PathBuf {
    beside(files, "left")
}

fn beside(files: &ControlFiles, ending: &str) -> PathBuf {
    files.process.with_extension(ending)
}

fn marks(files: &ControlFiles) -> impl Iterator<Item = PathBuf> + use<> {
    let stem = files.process.with_extension("");
    let stem = stem.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let dir = files.process.parent().map(Path::to_owned).unwrap_or_default();
    let begin = format!("{stem}.");
    names(&dir, &begin).filter_map(move |name| {
        let ending = name.strip_prefix(&begin)?;
        (ending == "left" || ending.starts_with("guest-")).then(|| dir.join(&name))
    })
}

/// Whether a living process other than this one uses it as a guest.
fn has_guests(files: &ControlFiles) -> bool {
    marks(files).any(|mark| {
        let who = mark.extension().and_then(|ending| ending.to_str()?.strip_prefix("guest-"));
        let who = who.and_then(Process::from_tag);
        who.is_some_and(|who| who != Process::own() && who.is_alive())
    })
}

fn owner_lives(files: &ControlFiles) -> bool {
    let name = files.process.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let owner =
        name.and_then(|name| name.rsplit_once('-')).and_then(|(tag, _)| Process::from_tag(tag));
    owner.is_some_and(Process::is_alive)
}

/// Removes all files of a connection that has ended, and its folder where that was the last of a process that is gone.
fn forget(files: &ControlFiles) {
    for mark in marks(files).collect::<Vec<_>>() {
        drop(fs::remove_file(mark));
    }
    files.remove();
    if !owner_lives(files) {
        // It is removed where it is empty, and only there.
        drop(files.process.parent().map(fs::remove_dir));
    }
}

#[cfg(test)]
mod tests {
    use super::super::control_dir::ControlDir;
    use super::*;

    /// A process that is called `ssh`, as far as the system is concerned.
    struct Pretender(std::process::Child);

    impl Pretender {
        fn start(dir: &Path) -> Self {
            let program = dir.join("ssh");
            if !program.exists() {
                fs::copy("/bin/sleep", &program).unwrap();
            }
            Self(std::process::Command::new(program).arg("60").spawn().unwrap())
        }

        fn process(&self) -> Process {
            Process::find(self.0.id()).unwrap()
        }

        fn lives(&self) -> bool {
            self.process_or_none().is_some()
        }

        fn process_or_none(&self) -> Option<Process> {
            Process::find(self.0.id())
        }
    }

    impl Drop for Pretender {
        fn drop(&mut self) {
            drop(self.0.kill());
            drop(self.0.wait());
        }
    }

    fn wait_until_ended(pretender: &Pretender) {
        while pretender.lives() {
            std::thread::yield_now();
        }
    }

    fn open(base: &Path, owner: &str, config: &str, by: &Pretender) -> ControlFiles {
        let dir = base.join(owner);
        drop(fs::create_dir(&dir));
        let files = ControlFiles::of(&dir.join(format!("{}-0", ControlFiles::name_of(config))));
        fs::write(&files.config, config).unwrap();
        fs::write(&files.socket, "").unwrap();
        while !by.process().is_named("ssh") {
            std::thread::yield_now();
        }
        fs::write(&files.process, by.process().tag()).unwrap();
        files
    }

    #[test]
    fn only_a_connection_of_the_very_same_configuration_is_borrowed() {
        let tmp = tempfile::tempdir().unwrap();
        let own = ControlDir::open(&tmp.path().join("b")).unwrap();
        let base = own.path().parent().unwrap().to_owned();
        let ssh = Pretender::start(tmp.path());
        open(&base, "1-1-0", "Host a", &ssh);
        assert!(borrow(own.path(), own.others(), "Host b").is_none());
        let (files, process) = borrow(own.path(), own.others(), "Host a").unwrap();
        assert_eq!(process, ssh.process());
        assert!(guest(&files, Process::own()).exists());
    }

    #[test]
    fn the_last_who_leaves_ends_it() {
        let tmp = tempfile::tempdir().unwrap();
        let own = ControlDir::open(&tmp.path().join("b")).unwrap();
        let base = own.path().parent().unwrap().to_owned();
        let (ssh, other) = (Pretender::start(tmp.path()), Pretender::start(tmp.path()));
        // Its owner is dead, two use it: another process and this one.
        let files = open(&base, "999999999-1-0", "Host a", &ssh);
        drop(own_private(&guest(&files, other.process())));
        borrow(own.path(), own.others(), "Host a").unwrap();
        assert!(!leave(&files, ssh.process(), Tenancy::Guest));
        assert!(ssh.lives());
        drop(other);
        borrow(own.path(), own.others(), "Host a").unwrap();
        leave_all(own.path());
        wait_until_ended(&ssh);
        assert!(!base.join("999999999-1-0").exists());
    }

    #[test]
    fn an_owner_who_leaves_ends_what_he_lent_to_nobody_who_lives() {
        let tmp = tempfile::tempdir().unwrap();
        let own = ControlDir::open(&tmp.path().join("b")).unwrap();
        let name = own.path().file_name().unwrap().to_str().unwrap().to_owned();
        let base = own.path().parent().unwrap().to_owned();
        let (ssh, other) = (Pretender::start(tmp.path()), Pretender::start(tmp.path()));
        let files = open(&base, &name, "Host a", &ssh);
        lend_all(own.path(), other.0.id());
        assert!(!leave(&files, ssh.process(), Tenancy::Owner));
        assert!(ssh.lives() && left(&files).exists());
        drop(other);
        assert!(leave(&files, ssh.process(), Tenancy::Owner));
        wait_until_ended(&ssh);
        assert!(!files.config.exists());
    }

    #[test]
    fn what_a_dead_owner_lent_is_not_swept_while_it_is_used() {
        let tmp = tempfile::tempdir().unwrap();
        let own = ControlDir::open(&tmp.path().join("b")).unwrap();
        let base = own.path().parent().unwrap().to_owned();
        let (ssh, other) = (Pretender::start(tmp.path()), Pretender::start(tmp.path()));
        let files = open(&base, "999999999-1-0", "Host a", &ssh);
        drop(own_private(&guest(&files, other.process())));
        drop(ControlDir::open(&base).unwrap());
        assert!(ssh.lives() && files.config.exists());
        drop(other);
        drop(ControlDir::open(&base).unwrap());
        wait_until_ended(&ssh);
        assert!(!base.join("999999999-1-0").exists());
    }
}
