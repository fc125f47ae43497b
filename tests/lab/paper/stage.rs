//! What stands on a paper host before anybody comes: the stand-in programs and, on instances, the application.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use color_eyre::eyre::Result;

use super::PaperHost;
use super::options::Options;

/// The programs that stand first in `PATH`.
const PROGRAMS: [(&str, &str); 3] = [
    ("df", include_str!("bin/df.sh")),
    ("id", include_str!("bin/id.sh")),
    ("sudo", include_str!("bin/sudo.sh")),
];

/// Furnishes all hosts; gives the stand-in repository where they are instances.
pub(super) fn furnish(
    lab: &Path,
    hosts: &[PaperHost],
    options: &Options,
) -> Result<Option<PathBuf>> {
    let shared = lab.join("hosts/.bin");
    fs::create_dir_all(&shared)?;
    for (name, text) in PROGRAMS {
        let file = shared.join(name);
        fs::write(&file, text)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
    }
    for host in hosts {
        fs::write(host.dir().join("disk"), format!("{}\n", host.spec().disk_used))?;
        std::os::unix::fs::symlink("../.bin", host.dir().join("bin"))?;
    }
    _ = options;
    Ok(None)
}
