//! What the pool of connections needs to know of its surroundings.

use std::path::PathBuf;

/// Where the pool keeps its files.
#[derive(Debug, Clone)]
pub struct SshSettings {
    /// The `known_hosts` file that this program keeps; it need not exist.
    pub known_hosts: PathBuf,
    /// The folder for control sockets: short, on a local disk, made with mode 0700 if it is not there.
    pub control: PathBuf,
}

impl SshSettings {
    /// `STATE/ssh/known_hosts`, and `$XDG_RUNTIME_DIR/bunker` or else `/tmp/bunker-UID`.
    pub fn below(state_dir: &std::path::Path) -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let control = runtime
            .filter(|dir| dir.is_absolute() && dir.is_dir() && dir.as_os_str().len() <= 40)
            .map_or_else(|| format!("/tmp/bunker-{uid}").into(), |dir| dir.join("bunker"));
        Self { known_hosts: state_dir.join("ssh").join("known_hosts"), control }
    }
}
