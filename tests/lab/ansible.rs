//! A real `ansible-core`, from the Python package index, in a virtual environment that is kept from one lab to the next.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{FlockOperation, flock};

/// What is installed: one release, so that a test means the same next year.
const PACKAGE: &str = "ansible-core==2.19.4";

/// The virtual environment: its programs are in `bin/`. Made where it is missing, which takes some ten seconds and
/// needs the Python package index. An error says in one line what is missing.
pub fn venv() -> Result<PathBuf, String> {
    let cache = cache()?;
    let venv = cache.join(PACKAGE);
    let lock =
        File::create(cache.join("ansible.lock")).map_err(|e| format!("the lab's cache: {e}"))?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|e| format!("the lab's cache: {e}"))?;
    // It cannot be moved, since its programs name their folder: a mark says that it is whole.
    let mark = venv.join("complete");
    if !mark.is_file() {
        drop(fs::remove_dir_all(&venv));
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let pip = venv.join("bin/pip");
        run(Command::new(pip).args(["--quiet", "--no-input", "install", PACKAGE]))?;
        fs::write(&mark, "").map_err(|e| format!("the lab's cache: {e}"))?;
    }
    Ok(venv)
}

/// A program of ansible-core, ready to run: its settings come from nowhere but the caller, and its own files go to
/// `home`.
pub fn program(venv: &Path, name: &str, home: &Path) -> Command {
    let mut command = Command::new(venv.join("bin").join(name));
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", home)
        .env("LC_ALL", "C.UTF-8")
        .env("ANSIBLE_NOCOLOR", "1")
        .env("ANSIBLE_LOCALHOST_WARNING", "0")
        .current_dir(home)
        .stdin(Stdio::null());
    command
}

fn cache() -> Result<PathBuf, String> {
    let set = |name| std::env::var_os(name).map(PathBuf::from);
    let folder =
        set("BUNKER_LAB_CACHE").or_else(|| set("HOME").map(|h| h.join(".cache/bunker-lab")));
    let folder = folder.ok_or("HOME is not set")?;
    fs::create_dir_all(&folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    Ok(folder)
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let ended = command.stdin(Stdio::null()).output().map_err(|e| format!("{shown}: {e}"))?;
    if ended.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&ended.stderr);
    Err(format!("{shown}: {}", told.lines().last().unwrap_or_default()))
}
