//! The disk of the control side is full: what is said, that no run begins or goes on without its journal, and that no byte
//! of an output is lost. The disk is a real one of a few megabytes, mounted where nobody else sees it.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::capability::missing;
use crate::run_process::{Bench, all_starts, running_step};

/// Set where a test runs with mounts of its own.
const INSIDE: &str = "BUNKER_TEST_MOUNTS";
/// Room for the database of a few runs, and not for many.
const SIZE: &str = "size=12m";

/// Runs a test again in a process with mounts of its own; `true` in that process.
fn in_own_mounts(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let mut unshare = Command::new("unshare");
    unshare.arg("--mount");
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    let able = Command::new(unshare.get_program()).args(unshare.get_args()).arg("true").output();
    if !able.is_ok_and(|output| output.status.success()) {
        missing(test, "this machine gives nobody mounts of their own (unshare --mount)");
        return false;
    }
    let own = std::env::current_exe().unwrap();
    let output = unshare.arg(own).args([test, "--exact", "--nocapture"]).env(INSIDE, "1").output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "{test} is not the name of a test: {said}");
    false
}

/// A fleet of one, with a disk of its own for what the program keeps.
struct Desk {
    bench: Bench,
}

impl Desk {
    fn new() -> Self {
        let bench = Bench::with(&["one"], &["bunker_min_healthy_s: 2"]);
        fs::create_dir_all(bench.state()).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "none"]).arg(bench.state());
        let output = mount.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        Self { bench }
    }

    fn filler(&self) -> PathBuf {
        self.bench.state().join("filler")
    }

    /// Takes the last byte.
    fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        for piece in [&[0_u8; 4_096][..], &[0]] {
            let full = loop {
                if let Err(error) = filler.write_all(piece) {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    /// The runs that the host knows of.
    fn on_host(&self) -> Vec<PathBuf> {
        let ops = self.bench.lab.named("one").unwrap().state_dir().join("ops");
        let mut all: Vec<PathBuf> =
            fs::read_dir(ops).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all
    }
}

fn is_told(said: &[u8], state: &Path) {
    let said = String::from_utf8_lossy(said);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&state.display().to_string()), "{said}");
    assert!(said.contains("full"), "{said}");
}

#[test]
fn on_a_full_disk_no_run_begins_what_was_kept_is_read_and_all_goes_on_when_there_is_room() {
    if !in_own_mounts(
        "store_full::on_a_full_disk_no_run_begins_what_was_kept_is_read_and_all_goes_on_when_there_is_room",
    ) {
        return;
    }
    let desk = Desk::new();
    let made = desk.bench.run(&["backup", "one", "--yes"]);
    assert!(made.status.success(), "{made:?}");
    let before = desk.on_host();
    // SQLite has a file beside the database while somebody has it open, which cannot be made any more then. The last one
    // who may write takes it away.
    desk.bench.no_worker_is_left();
    let database = rusqlite::Connection::open(desk.bench.state().join("bunker.db")).unwrap();
    database.query_row("SELECT count(*) FROM runs", [], |row| row.get::<_, i64>(0)).unwrap();
    database.close().unwrap();
    assert!(!desk.bench.state().join("bunker.db-shm").exists(), "nobody has it open");
    desk.fill();
    let refused = desk.bench.run(&["backup", "one", "--yes", "--detach"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    is_told(&refused.stderr, &desk.bench.state());
    assert_eq!(desk.on_host(), before, "the host heard nothing of it");
    let kept = desk.bench.json(&["runs", "--json"]);
    assert_eq!(kept["runs"].as_array().unwrap().len(), 1, "{kept:#}");
    assert_eq!(kept["runs"][0]["state"], "succeeded", "{kept:#}");
    desk.free();
    let made = desk.bench.run(&["backup", "one", "--yes"]);
    assert!(made.status.success(), "{made:?}");
    let kept = desk.bench.json(&["runs", "--json"]);
    assert_eq!(kept["runs"].as_array().unwrap().len(), 2, "{kept:#}");
    assert!(desk.bench.run(&["audit", "verify"]).status.success());
}

#[test]
fn a_run_under_way_whose_disk_fills_begins_nothing_more_and_is_resumed_with_each_byte() {
    if !in_own_mounts(
        "store_full::a_run_under_way_whose_disk_fills_begins_nothing_more_and_is_resumed_with_each_byte",
    ) {
        return;
    }
    let desk = Desk::new();
    let run = desk.bench.upgrade("one", "v2.5.0");
    desk.bench.when(&run, "running", |shown| running_step(shown).is_some());
    desk.fill();
    desk.bench.no_worker_is_left();
    desk.free();
    let lost = desk.bench.when(&run, "lost", |shown| shown["state"] == "lost");
    desk.bench.json(&["resume", &run, "--json"]);
    let shown = desk.bench.when(&run, "succeeded", |shown| shown["state"] == "succeeded");
    assert_eq!(shown["targets"][0]["outcome"], "changed", "{lost:#} {shown:#}");
    let (there, here) = desk.bench.logs(&run, "one");
    assert_eq!(there, here, "each byte of its outputs");
    let ops = desk.bench.lab.named("one").unwrap().state_dir().join("ops").join(&run);
    for (step, times) in all_starts(&ops) {
        assert_eq!(times, 1, "{step} began {times} times");
    }
}
