//! Starting `ansible-playbook`: a private folder with all that it gets, and nothing secret in it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;
use tokio::process::Command;

use super::PROGRAM;
use super::processes::MARK;
use super::running::{Parts, Running};
use crate::adapters::clock::SystemClock;
use crate::adapters::paths::{StateDir, private_dir};
use crate::adapters::ssh::SshSettings;
use crate::domain::plan::AnsibleTag;
use crate::engine::ports::{Clock, PlaybookCall};

/// Tells us what happens.
const CALLBACK: &str = include_str!("callback.py");
/// Asks us for the password, by a pipe that only we can open.
const PASSWORD: &str =
    "#!/bin/sh\nIFS= read -r password <\"${0%/*}/password\" && printf '%s\\n' \"$password\"\n";

/// Starts it.
pub(super) fn start(
    state: &StateDir,
    ssh: &SshSettings,
    call: &PlaybookCall,
) -> io::Result<Running> {
    private_dir(&ssh.control)?;
    let mut folder = tempfile::Builder::new();
    folder.prefix("ansible-").permissions(fs::Permissions::from_mode(0o700));
    let folder = folder.tempdir_in(&ssh.control)?;
    let nonce = SystemClock.nonce();
    fill(folder.path(), ssh, call)?;
    let log = state.runs().join(call.run.as_str());
    private_dir(&log)?;
    let log = log.join("ansible.log");
    let file = File::options().append(true).create(true).mode(0o600).open(&log)?;
    let mut command = command(&folder, &nonce, call);
    let child = command.spawn()?;
    Ok(Running::new(Parts {
        child,
        folder,
        nonce,
        log,
        file,
        password: call.password.clone(),
        secrets: call.secrets.clone(),
    }))
}

fn fill(folder: &Path, ssh: &SshSettings, call: &PlaybookCall) -> io::Result<()> {
    let put = |name: &str, mode: u32, text: &str| {
        let mut options = File::options();
        options.write(true).create_new(true).mode(mode);
        options.open(folder.join(name)).and_then(|mut file| file.write_all(text.as_bytes()))
    };
    fs::create_dir(folder.join("cp"))?;
    fs::create_dir(folder.join("tmp"))?;
    put("bunker.py", 0o600, CALLBACK)?;
    let hosts: Vec<String> = call.targets.iter().map(|to| format!("{}\n", to.host)).collect();
    put("hosts", 0o600, &hosts.concat())?;
    put("ssh.conf", 0o600, &ssh_config(ssh, call))?;
    if let Some(password) = &call.password {
        if password.expose().contains(['\n', '\r']) || password.expose().is_empty() {
            let why = "the password of Ansible's vault must be one line";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        put("vault-password", 0o700, PASSWORD)?;
        mknodat(CWD, folder.join("password"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    }
    Ok(())
}

/// Our keys of hosts before the operator's own settings.
fn ssh_config(ssh: &SshSettings, call: &PlaybookCall) -> String {
    let own = call.targets.iter().filter_map(|to| to.known_hosts.clone());
    let mut files: BTreeSet<String> = own.collect();
    files.insert(ssh.known_hosts.to_string_lossy().into_owned());
    let quoted = |path: &String| {
        let clean: String = path.chars().filter(|c| !c.is_control()).collect();
        format!("\"{}\"", clean.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%"))
    };
    let files: Vec<String> = files.iter().map(quoted).collect();
    format!(
        "UserKnownHostsFile {} ~/.ssh/known_hosts\nStrictHostKeyChecking yes\nHost *\nInclude ~/.ssh/config\nInclude /etc/ssh/ssh_config\n",
        files.join(" ")
    )
}

fn command(folder: &TempDir, nonce: &str, call: &PlaybookCall) -> Command {
    let (at, playbook) = (folder.path(), &call.playbook);
    let mut command = Command::new(PROGRAM);
    command.arg("--inventory").arg(&playbook.inventory);
    command.arg("--limit").arg(format!("@{}", at.join("hosts").display()));
    for (name, tags) in [("--tags", &playbook.wish.tags), ("--skip-tags", &playbook.wish.skip_tags)]
    {
        if !tags.is_empty() {
            let tags: Vec<&str> = tags.iter().map(AnsibleTag::as_str).collect();
            command.arg(name).arg(tags.join(","));
        }
    }
    for (name, set) in [("--check", playbook.wish.check), ("--diff", playbook.wish.diff)] {
        if set {
            command.arg(name);
        }
    }
    if call.password.is_some() {
        command.arg("--vault-password-file").arg(at.join("vault-password"));
    }
    command
        .arg(playbook.files.path.as_str())
        .current_dir(&playbook.files.folder)
        .env(MARK, nonce)
        .env("ANSIBLE_CALLBACK_PLUGINS", at)
        .env("ANSIBLE_STDOUT_CALLBACK", "bunker")
        .env("ANSIBLE_SSH_COMMON_ARGS", format!("-F {}", at.join("ssh.conf").display()))
        .env("ANSIBLE_SSH_CONTROL_PATH_DIR", at.join("cp"))
        .env("ANSIBLE_LOCAL_TEMP", at.join("tmp"))
        .env("ANSIBLE_HOST_KEY_CHECKING", "True")
        .env("ANSIBLE_RETRY_FILES_ENABLED", "0")
        .env("ANSIBLE_LOCALHOST_WARNING", "0")
        .env("ANSIBLE_NOCOLOR", "1")
        .env("ANSIBLE_FORCE_COLOR", "0")
        .env("ANSIBLE_NOCOWS", "1")
        .env("PYTHONUNBUFFERED", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("BUNKER_IDENTITY")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
