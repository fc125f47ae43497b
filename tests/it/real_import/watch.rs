//! What any process has as arguments and environment while the workflows run, on the host and here.

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::lab::real::RealHost;

const WATCH: &str = include_str!("watch.py");

/// Two watchers; the one here ends with this.
pub(super) struct Watch {
    here: Child,
    seen: tempfile::TempDir,
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.here.kill());
        drop(self.here.wait());
    }
}

impl Watch {
    pub(super) fn start(host: &RealHost) -> Self {
        host.sh(&format!("cat >/run/watch.py <<'WATCH'\n{WATCH}WATCH\n")).unwrap();
        host.sh("systemd-run --quiet --unit=watch-processes python3 /run/watch.py /run/watch.seen")
            .unwrap();
        let seen = tempfile::tempdir().unwrap();
        let script = seen.path().join("watch.py");
        fs::write(&script, WATCH).unwrap();
        let here = Command::new("python3")
            .arg(script)
            .arg(seen.path().join("seen"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { here, seen }
    }

    /// All that was seen on the host, and all that was seen here.
    pub(super) fn seen(&self, host: &RealHost) -> [(&'static str, String); 2] {
        host.sh("systemctl stop watch-processes").unwrap();
        let there = host.sh("cat /run/watch.seen.rounds").unwrap();
        let here = fs::read_to_string(self.seen.path().join("seen.rounds")).unwrap();
        for (place, rounds) in [("there", there), ("here", here)] {
            let n: u32 = rounds.trim().parse().unwrap_or(0);
            assert!(n > 200, "{place}: only {n} looks at all processes");
        }
        let there = host.run(&["cat", "/run/watch.seen"]).unwrap().stdout;
        let here = fs::read(self.seen.path().join("seen")).unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        [("the host's processes", text(there)), ("the processes here", text(here))]
    }
}
