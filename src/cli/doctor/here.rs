//! The control machine itself.

use std::io::IsTerminal;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::exit::Trouble;
use super::super::output::speaks_utf8;
use super::super::wiring;
use super::finding::Notes;
use super::keys;
use crate::adapters::ssh::SshSettings;
use crate::adapters::store;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::finding::Finding;
use crate::domain::fleet::Fleet;
use crate::steps::probe::version_of;

/// The oldest OpenSSH client whose options we use (`StrictHostKeyChecking=yes` with `%C` paths and
/// `accept-new`): 7.6. Debian 12 has 9.2.
const SSH: (u32, u32) = (7, 6);
/// The oldest git that we ask (`--filter`, protected configuration): 2.31. Debian 12 has 2.39.
const GIT: (u32, u32) = (2, 31);

pub(super) fn findings(
    dir: &Path,
    loaded: &Result<(Fleet, Vec<Diagnostic>), Trouble>,
) -> Vec<Finding> {
    let mut notes = Notes::of("here");
    program(&mut notes, "ssh", &["-V"], SSH, "install openssh-client");
    program(&mut notes, "git", &["--version"], GIT, "install git 2.31 or newer");
    state_dir(&mut notes);
    sound_store(&mut notes);
    inventory(&mut notes, dir, loaded);
    if let Ok((fleet, _)) = loaded {
        known_hosts(&mut notes, fleet);
        keys::ssh_keys(&mut notes, fleet);
        keys::vault(&mut notes, dir);
    }
    terminal(&mut notes);
    notes.all
}

fn program(notes: &mut Notes, name: &'static str, args: &[&str], least: (u32, u32), fix: &str) {
    let ran = Command::new(name).args(args).stdin(Stdio::null()).output();
    let Ok(output) = ran else {
        return notes.bad(name, "not found in PATH", fix);
    };
    // `ssh -V` speaks on standard error.
    let said = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&said);
    let line = text.lines().next().unwrap_or_default();
    match version_of(line) {
        Some(version) => notes.expect(name, version >= least, line, fix),
        None => notes.bad(name, &format!("its version cannot be told from {line:?}"), fix),
    }
}

fn state_dir(notes: &mut Notes) {
    let dir = wiring::state_dir();
    let path = dir.path().display();
    match std::fs::metadata(dir.path()) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            notes.good("state", &format!("{path} is not there yet; the first run makes it"));
        }
        Err(e) => notes.bad("state", &format!("{path}: {e}"), "look at its owner and mode"),
        Ok(meta) => {
            let mode = meta.permissions().mode() & 0o7777;
            let mine = meta.uid() == rustix::process::geteuid().as_raw();
            let found = format!("{path} (mode {mode:04o})");
            if mine {
                let for_others = mode & 0o077 != 0;
                notes.expect("state", !for_others, &found, &format!("chmod 700 {path}"));
            } else {
                let found = format!("{path} belongs to user id {}", meta.uid());
                notes.bad("state", &found, "set BUNKER_STATE to a folder of yours");
            }
        }
    }
}

fn sound_store(notes: &mut Notes) {
    match store::check(&wiring::state_dir()) {
        Ok(true) => notes.good("store", "sound"),
        Ok(false) => notes.good("store", "empty: nothing was run yet"),
        Err(what) => notes.bad(
            "store",
            &what,
            "copy bunker.db away and keep it; the hosts' own release files and job folders still tell what ran",
        ),
    }
}

fn inventory(notes: &mut Notes, dir: &Path, loaded: &Result<(Fleet, Vec<Diagnostic>), Trouble>) {
    let dir = dir.display();
    match loaded {
        Err(trouble) => {
            let text = trouble.report.to_string();
            let first = text.lines().next().unwrap_or_default().to_owned();
            notes.bad("inventory", &first, "run `bunker inventory check`");
        }
        Ok((fleet, diagnostics)) => {
            let n = fleet.instances().count();
            let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
            let found = format!("{dir}: {n} instances, {} problems", diagnostics.len());
            let fix = format!("run `bunker inventory check` ({errors} of them cost something)");
            notes.expect("inventory", diagnostics.is_empty(), &found, &fix);
        }
    }
}

fn known_hosts(notes: &mut Notes, fleet: &Fleet) {
    let ours = SshSettings::below(wiring::state_dir().path()).known_hosts;
    let mut files: Vec<String> =
        fleet.hosts.iter().filter_map(|h| h.connection.known_hosts.clone()).collect();
    files.sort();
    files.dedup();
    for file in &files {
        if std::fs::metadata(file).is_err() {
            let fix = "write the hosts' keys there, from a source that you trust";
            notes.bad("known_hosts", &format!("{file} is not there"), fix);
        }
    }
    let home = std::env::var("HOME").unwrap_or_default();
    let all = [ours.display().to_string(), format!("{home}/.ssh/known_hosts")];
    let keys: Vec<String> = files
        .into_iter()
        .chain(all)
        .filter(|f| std::fs::metadata(f).is_ok_and(|m| m.len() > 0))
        .collect();
    let found = if keys.is_empty() { "no host key is known".to_owned() } else { keys.join(", ") };
    let fix =
        "connect to each host once with ssh and compare its fingerprint, or set bunker_known_hosts";
    notes.expect("known_hosts", !keys.is_empty(), &found, fix);
}

fn terminal(notes: &mut Notes) {
    let utf8 = speaks_utf8();
    let locale = if utf8 { "UTF-8" } else { "not UTF-8: ASCII forms are drawn" };
    let size =
        if std::io::stdout().is_terminal() { crossterm::terminal::size().ok() } else { None };
    match size {
        Some((columns, rows)) => {
            let found = format!("{columns}x{rows}, {locale}");
            let fix = "the cockpit wants 80x24";
            notes.expect("terminal", columns >= 80 && rows >= 24, &found, fix);
        }
        None => notes.good("terminal", &format!("none here, {locale}")),
    }
}
