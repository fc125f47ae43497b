//! Hooks: executables in `hooks/`, beside the inventory folder.
//!
//! **Invariant:** only a file that its owner alone can change is run, in a folder that its owner alone can change, and
//! only while its content is what was planned.

mod run;

pub use run::HookProcesses;

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::domain::hook::{HookPoint, HookProblem, PlannedHook};
use crate::domain::untrusted::Safe;
use crate::engine::ports::HookFolder;

/// A larger hook is none.
const CAP: u64 = 16 << 20;

/// Reads the folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct HookFiles;

impl HookFolder for HookFiles {
    fn hooks(&self, inventory: &Path, timeout_s: u64) -> Result<Vec<PlannedHook>, HookProblem> {
        let dir = folder(inventory);
        let mut found = Vec::new();
        for point in HookPoint::ALL {
            if let Some(hook) = hook(&dir, point, timeout_s)? {
                found.push(hook);
            }
        }
        Ok(found)
    }
}

/// Where the hooks of an inventory stand: beside it, since Ansible would run what stands in it.
pub fn folder(inventory: &Path) -> PathBuf {
    let beside = inventory.parent().filter(|p| !p.as_os_str().is_empty());
    beside.unwrap_or(Path::new(".")).join("hooks")
}

/// The hook of a point: `Ok(None)` where there is no such file.
pub fn hook(
    dir: &Path,
    point: HookPoint,
    timeout_s: u64,
) -> Result<Option<PlannedHook>, HookProblem> {
    let path = dir.join(point.name());
    let meta = match std::fs::metadata(&path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(problem(
                &path,
                &format!("it cannot be read ({error})"),
                "mend that, or take it away",
            ));
        }
    };
    let folder = std::fs::metadata(dir)
        .map_err(|e| problem(dir, &format!("its folder cannot be read ({e})"), "mend that"))?;
    owned(dir, &folder)?;
    owned(&path, &meta)?;
    if !meta.is_file() || meta.len() > CAP {
        return Err(problem(&path, "it is no file of at most 16 MB", "take it away"));
    }
    if meta.permissions().mode() & 0o100 == 0 {
        let hint = format!("`chmod u+x {}`, or take it away", path.display());
        return Err(problem(&path, "it cannot be executed", &hint));
    }
    let sha256 = sha256_of(&path).map_err(|e| {
        problem(&path, &format!("it cannot be read ({e})"), "mend that, or take it away")
    })?;
    Ok(Some(PlannedHook { point, path, sha256, timeout_s }))
}

/// Whoever can write it decides what we run: that may be only we ourselves, or root.
fn owned(path: &Path, meta: &std::fs::Metadata) -> Result<(), HookProblem> {
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me && meta.uid() != 0 {
        let hint = format!("`chown {me} {}` after you have read it", path.display());
        return Err(problem(path, "it belongs to somebody else", &hint));
    }
    let mode = meta.permissions().mode() & 0o7777;
    if mode & 0o022 != 0 {
        let hint = format!("`chmod go-w {}` after you have read it", path.display());
        return Err(problem(path, &format!("others can write it (mode {mode:04o})"), &hint));
    }
    Ok(())
}

fn sha256_of(path: &Path) -> io::Result<String> {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(std::fs::read(path)?) {
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}

fn problem(path: &Path, why: &str, hint: &str) -> HookProblem {
    HookProblem {
        path: Safe::line(&path.to_string_lossy()),
        why: Safe::line(why),
        hint: Safe::line(hint),
    }
}
