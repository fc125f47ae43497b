//! A run as a file, and the file as a run.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bunker_ops::adapters::bundle_file::{self, BundleError};
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::StoreWriter;
use bunker_ops::domain::bundle::{Bundle, Cleaner, Limits, Redacted};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::ids::RunId;
use bunker_ops::domain::job::{JobEnd, JobStart};
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::domain::run::state::Phase;
use bunker_ops::domain::secret::{Secret, Secrets};
use bunker_ops::engine::ports::{RunReader, RunWriter};
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use portable_pty::CommandBuilder;
use serde_json::Value;

use crate::lab::terminal::Terminal;
use crate::lab::{Lab, Options};
use crate::sample::{StepClock, host, planned, run_id, simple_plan, step};

const SOON: Duration = Duration::from_mins(1);
const MARK: &str = "m4rk-planted-in-a-secret";

/// What somebody does to the lines of a file.
type Damage = Box<dyn Fn(&mut Vec<String>)>;

/// A store with a run that has ended, whose host printed a secret that nobody masked.
struct Kept {
    own: tempfile::TempDir,
    store: StoreWriter,
    plan: Plan,
    run: RunId,
}

impl Kept {
    async fn new() -> Self {
        let own = tempfile::tempdir().unwrap();
        let dir = StateDir::at(own.path().join("state"));
        let clock = Arc::new(StepClock::default());
        let store = StoreWriter::open(&dir, clock, &Operate::grant()).unwrap();
        let (plan, run, a) = (simple_plan(&["a", "b"]), run_id(7), host("a"));
        store.create(&run, &plan, planned(&plan)).await.unwrap();
        let generation = store.claim(&run, std::process::id()).await.unwrap();
        let (pid, nonce) = (std::process::id(), "n".repeat(32));
        let host_time = "2026-11-22T22:00:00Z".parse().unwrap();
        let begun = vec![
            EventKind::WorkerStarted { pid, generation },
            EventKind::BatchStarted { batch: 0 },
            EventKind::HostStarted { host: a.clone() },
            EventKind::JobIntended { host: a.clone(), seq: 1, nonce, steps: vec![step("backup")] },
            EventKind::JobStarted { host: a.clone(), seq: 1, start: JobStart::Started },
            EventKind::StepStarted { host: a.clone(), step: step("backup"), host_time },
        ];
        store.append(&run, begun).await.unwrap();
        let output = format!("first line\n\u{1b}[31mthe token is {MARK}\u{1b}[0m\n");
        let bytes = [output.as_bytes(), b"\xff\xfe binary\n", b"the last line\n"].concat();
        store.keep_log(&run, &a, 1, &bytes).await.unwrap();
        let ended = |host, outcome| EventKind::HostFinished { host, outcome };
        let outcome = Outcome::Changed;
        let rest = vec![
            EventKind::StepFinished {
                host: a.clone(),
                step: step("backup"),
                outcome: outcome.clone(),
                took_s: Some(1.0),
            },
            EventKind::JobEnded { host: a.clone(), seq: 1, end: JobEnd::Exited(0) },
            ended(a, outcome.clone()),
            ended(host("b"), outcome),
            EventKind::RunFinished { state: Phase::Succeeded, summary: "2 ok".into() },
        ];
        store.append(&run, rest).await.unwrap();
        Self { own, store, plan, run }
    }

    async fn bundle(&self, name: &str) -> PathBuf {
        let path = self.own.path().join(name);
        let secrets: Secrets =
            [("vault_token".parse().unwrap(), Secret::new(MARK.to_owned()))].into();
        let cleaner = Cleaner::new(&secrets);
        bundle_file::make(&self.store, &self.run, &path, cleaner, Redacted::Again).await.unwrap();
        path
    }

    /// The cockpit on a bundle of it.
    async fn replayed(&self, speed: &str) -> Terminal {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
        command.arg("replay");
        command.arg(self.bundle("one.gz").await);
        command.args(["--speed", speed]);
        command.env("BUNKER_STATE", self.own.path().join("elsewhere"));
        command.env("LC_ALL", "C.UTF-8");
        command.env("TZ", "UTC");
        Terminal::start(command, 80, 24).unwrap()
    }
}

fn read(path: &Path) -> Bundle {
    bundle_file::read(path, Limits::default()).unwrap()
}

fn lines(path: &Path) -> Vec<String> {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn written(path: &Path, lines: &[String]) -> PathBuf {
    let to = path.with_extension("changed");
    let mut file = GzEncoder::new(std::fs::File::create(&to).unwrap(), flate2::Compression::fast());
    for line in lines {
        file.write_all(line.as_bytes()).unwrap();
        file.write_all(b"\n").unwrap();
    }
    file.finish().unwrap();
    to
}

#[tokio::test]
async fn a_run_comes_back_from_its_file_without_secrets_and_byte_for_byte_the_same_each_time() {
    let kept = Kept::new().await;
    let path = kept.bundle("one.gz").await;
    let found = read(&path);
    assert_eq!((&found.plan, &found.run), (&kept.plan, &kept.run));
    let events = kept.store.events(&kept.run, 0, 100).await.unwrap();
    assert_eq!(found.events, events);
    let (whole, _) = kept.store.log(&kept.run, &host("a"), 0, 10_000).await.unwrap();
    let masked = &found.logs[&host("a")].bytes;
    assert_eq!(masked.len(), whole.len());
    let text = String::from_utf8_lossy(&whole).replace(MARK, &"*".repeat(MARK.len()));
    assert_eq!(String::from_utf8_lossy(masked), text);
    assert_eq!(found.redacted, Redacted::Again);
    assert!(!lines(&path).concat().contains(MARK));
    let actions: Vec<String> = found
        .audit
        .iter()
        .map(|row| serde_json::from_str::<Value>(&row.record).unwrap()["action"].to_string())
        .collect();
    assert_eq!(actions[0], "\"run-start\"");
    assert_eq!(actions.len(), 5, "{actions:?}");
    let again = kept.bundle("two.gz").await;
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&again).unwrap());
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let there = bundle_file::make(
        &kept.store,
        &kept.run,
        &path,
        Cleaner::new(&Secrets::new()),
        Redacted::Again,
    )
    .await;
    assert!(matches!(there, Err(BundleError::File { .. })), "{there:?}");
}

#[tokio::test]
async fn a_file_that_is_not_as_it_was_written_is_refused_and_says_where() {
    let kept = Kept::new().await;
    let path = kept.bundle("one.gz").await;
    let good = lines(&path);
    let at = |word: &str| good.iter().position(|line| line.contains(word)).unwrap();
    let changed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = good.clone();
        change(&mut lines);
        bundle_file::read(&written(&path, &lines), Limits::default()).map(drop)
    };
    assert!(changed(&|_| {}).is_ok());
    let log = at("\"line\":\"log\"");
    let cases: Vec<(&str, Damage)> = vec![
        ("empty", Box::new(Vec::clear)),
        ("no end", Box::new(|l| drop(l.pop()))),
        ("behind the end", Box::new(|l| l.push("{}".into()))),
        ("no plan", Box::new(|l| drop(l.remove(1)))),
        ("two plans", Box::new(|l| l.insert(2, l[1].clone()))),
        ("an event less", Box::new(|l| drop(l.remove(4)))),
        ("events swapped", Box::new(|l| l.swap(3, 4))),
        ("another run", Box::new(|l| l[3] = l[3].replace("-0007\"", "-0008\""))),
        ("a word changed", Box::new(|l| l[2] = l[2].replace("ann", "bob"))),
        ("a host from nowhere", Box::new(move |l| l[log] = l[log].replace("\"a\"", "\"zz\""))),
        ("a bad name", Box::new(move |l| l[log] = l[log].replace("\"a\"", "\"../../etc\""))),
        ("a hole", Box::new(move |l| l[log] = l[log].replace("\"offset\":0", "\"offset\":9"))),
        ("a newer format", Box::new(|l| l[0] = l[0].replace("\"format\":1", "\"format\":2"))),
        ("no json", Box::new(|l| l[5] = "]".repeat(100_000))),
        ("deep", Box::new(|l| l[5] = "[".repeat(100_000))),
    ];
    for (what, change) in cases {
        let refused = changed(&*change);
        assert!(matches!(refused, Err(BundleError::Unusable { .. })), "{what}: {refused:?}");
    }
    // What is small on the disk and endless in memory.
    let small = Limits { line: 4_000, all: 100_000, ..Limits::default() };
    let bomb = written(&path, &[good[0].clone(), "x".repeat(64 << 20)]);
    assert!(std::fs::metadata(&bomb).unwrap().len() < 1 << 20);
    assert!(bundle_file::read(&bomb, small).is_err());
    let many: Vec<String> = std::iter::repeat_n(good[2].clone(), 100_000).collect();
    let refused = bundle_file::read(&written(&path, &many), small);
    assert!(matches!(refused, Err(BundleError::Unusable { .. })), "{refused:?}");
    // No gzip at all, and half of one.
    let bytes = std::fs::read(&path).unwrap();
    for wrong in [b"hello".as_slice(), &bytes[..bytes.len() / 2], &[]] {
        std::fs::write(&bomb, wrong).unwrap();
        assert!(bundle_file::read(&bomb, Limits::default()).is_err());
    }
}

fn bunker(state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
    command.env("BUNKER_STATE", state).stdin(Stdio::null());
    command
}

#[tokio::test]
async fn a_file_is_told_as_lines_and_as_events_where_there_is_no_terminal() {
    let kept = Kept::new().await;
    let path = kept.bundle("one.gz").await;
    let elsewhere = kept.own.path().join("elsewhere");
    let out = bunker(&elsewhere).arg("replay").arg(&path).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success(), "{text}");
    assert!(text.contains("the last line") && text.contains("2 ok"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains(MARK), "{text}");
    let out = bunker(&elsewhere).args(["--json", "replay"]).arg(&path).output().unwrap();
    let events: Vec<Value> = String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.len(), read(&path).events.len());
    assert_eq!(events.last().unwrap()["event"], "run-finished");
    assert!(!elsewhere.exists(), "playing a file makes nothing");
    let wrong = bunker(&elsewhere).arg("replay").arg("/dev/null").output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

#[tokio::test]
async fn the_page_of_a_run_is_played_paused_wound_and_left() {
    let kept = Kept::new().await;
    let mut terminal = kept.replayed("0.5").await;
    terminal.wait_for("replay 0.5x", SOON).unwrap();
    terminal.keys("space").unwrap();
    terminal.wait_for("replay 0.5x paused", SOON).unwrap();
    terminal.keys("$").unwrap();
    terminal.wait_for("succeeded", SOON).unwrap();
    terminal.wait_for("the last line", SOON).unwrap();
    terminal.keys("0").unwrap();
    terminal.wait_gone("the last line", SOON).unwrap();
    terminal.wait_gone("succeeded", SOON).unwrap();
    terminal.keys("+ + + space").unwrap();
    terminal.wait_for("replay 4x", SOON).unwrap();
    terminal.wait_for("succeeded", SOON).unwrap();
    // What would change a run is not there.
    terminal.keys("p").unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}

#[tokio::test]
async fn outputs_as_one_have_the_times_of_the_run_and_not_of_its_replay() {
    let kept = Kept::new().await;
    let mut terminal = kept.replayed("1").await;
    terminal.wait_for("replay 1x", SOON).unwrap();
    // Before the output is there: its lines come as the replay goes on.
    terminal.keys("M").unwrap();
    terminal.wait_for("the last line", SOON).unwrap();
    let screen = terminal.text();
    let line = screen.lines().find(|line| line.contains("the last line")).unwrap();
    // `StepClock` begins at 14:13:20 and goes on by a second.
    assert!(line.contains("14:13:"), "{screen}");
    terminal.keys("esc q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
}

#[test]
fn hosts_remember_the_head_of_the_log_and_a_missing_end_is_found_by_them() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let own = tempfile::tempdir().unwrap();
    let state = own.path().join("state");
    let run = |args: &[&str]| {
        let out = bunker(&state)
            .args(args)
            .env("BUNKER_INVENTORY", lab.inventory_dir())
            .env("XDG_CACHE_HOME", own.path().join("cache"))
            .env("XDG_CONFIG_HOME", own.path().join("config"))
            .current_dir(own.path())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
    };
    let (code, out, err) = run(&["backup", "paper-01", "--yes", "--why", "before the weekend"]);
    assert_eq!(code, 0, "{out}{err}");
    let remembered = lab.named("paper-01").unwrap().state_dir().join("audit-anchors");
    let text = std::fs::read_to_string(&remembered).unwrap();
    assert!(text.lines().all(|line| line.starts_with("bunker-audit ")), "{text}");
    let (code, out, err) = run(&["audit", "verify", "--anchors"]);
    assert!(code == 0 && out.contains("vouched for elsewhere"), "{out}{err}");
    let (_, log, _) = run(&["audit", "log", "--host", "paper-01"]);
    assert!(log.contains("run-host") && log.contains("before the weekend"), "{log}");
    // The whole run in a file, told again.
    let (code, out, err) = run(&["bundle", "last"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, told, err) = run(&["replay", out.trim()]);
    assert!(code == 0 && told.contains("paper-01 > "), "{told}{err}");
    // Its end is cut off, by somebody who can.
    let db = rusqlite::Connection::open(state.join("bunker.db")).unwrap();
    db.execute_batch("DROP TRIGGER audit_stays; DELETE FROM audit WHERE seq > 1").unwrap();
    let (code, out, _) = run(&["audit", "verify"]);
    assert_eq!(code, 0, "the chain alone cannot tell: {out}");
    let (code, out, _) = run(&["audit", "verify", "--anchors"]);
    assert!(code == 3 && out.contains("its end is missing"), "{code} {out}");
}
