//! The audit log as the shell sees it: what is written down, what stops when it cannot be, what is found when somebody changed it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bunker_ops::adapters::caller::this_process;
use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::{AuditLog, StoreReader, StoreWriter};
use bunker_ops::domain::audit::{Deed, Ending, Phase, Verdict, Verifier, Wanted};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::run::control::Control;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::engine::ports::{Audit, AuditReader, RunReader, RunWriter};
use serde_json::Value;

use crate::sample::{StepClock, ann, host, planned, run_id, simple_plan};
use crate::vault_shell::{Shell, shell};

fn log(dir: &StateDir) -> AuditLog {
    AuditLog::open(dir, Arc::new(SystemClock), this_process(), &Operate::grant()).unwrap()
}

async fn verdict(dir: &StateDir) -> Verdict {
    let reader = StoreReader::open(dir, Arc::new(SystemClock)).unwrap();
    let mut verifier = Verifier::new(Vec::new(), None);
    for row in reader.audit_rows(0, usize::MAX >> 1).await.unwrap() {
        verifier.feed(&row);
    }
    verifier.finish()
}

/// Makes every new record fail, as a full disk or a lost right would.
fn stop_writing(database: &Path) {
    let db = rusqlite::Connection::open(database).unwrap();
    db.execute_batch(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room left'); END",
    )
    .unwrap();
}

#[tokio::test]
async fn two_processes_make_one_chain() {
    const N: usize = 300;
    const WHERE: &str = "BUNKER_TEST_AUDIT";
    if let Some(dir) = std::env::var_os(WHERE) {
        let log = log(&StateDir::at(dir));
        for n in 0..N {
            let intent = log.intend(Deed::new("test").about(&n.to_string())).unwrap();
            log.outcome(&intent, &Ending::done()).unwrap();
        }
        return;
    }
    let own = tempfile::tempdir().unwrap();
    let dir = StateDir::at(own.path().join("state"));
    let writer = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "audit_log::two_processes_make_one_chain"])
            .env(WHERE, dir.path())
            .spawn()
            .unwrap()
    };
    let mut writers = [writer(), writer()];
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success());
    }
    let found = verdict(&dir).await;
    assert_eq!(found.findings, []);
    assert_eq!((found.n, found.open.len()), (4 * N as u64, 0));
}

#[tokio::test]
async fn a_run_its_controls_and_its_ends_are_written_where_the_run_is() {
    let own = tempfile::tempdir().unwrap();
    let dir = StateDir::at(own.path().join("state"));
    let clock = Arc::new(StepClock::default());
    let store = StoreWriter::open(&dir, clock, &Operate::grant()).unwrap();
    let (plan, run) = (simple_plan(&["a", "b"]), run_id(1));
    store.create(&run, &plan, planned(&plan)).await.unwrap();
    store.claim(&run, std::process::id()).await.unwrap();
    store.ask(&run, Control::Pause, &ann()).await.unwrap();
    let ended = vec![
        EventKind::Controlled { control: Control::Pause, by: ann() },
        EventKind::HostFinished { host: host("a"), outcome: Outcome::Changed },
    ];
    store.append(&run, ended).await.unwrap();
    let wanted = Wanted { run: Some(run.clone()), ..Wanted::default() };
    let mut records = store.audit_latest(&wanted, 100).await.unwrap();
    records.reverse();
    let told: Vec<(String, Phase, Option<u64>)> = records
        .iter()
        .map(|e| (e.record.action.to_string(), e.record.phase, e.record.intent))
        .collect();
    let line = |action: &str, phase, intent| (action.to_owned(), phase, intent);
    assert_eq!(
        told,
        [
            line("run-start", Phase::Intent, None),
            line("run-take-up", Phase::Outcome, None),
            line("run-pause", Phase::Intent, None),
            line("run-pause", Phase::Outcome, Some(3)),
            line("run-host", Phase::Outcome, Some(1)),
        ]
    );
    let start = &records[0].record;
    assert_eq!(start.plan.as_ref(), Some(&plan.hash()));
    assert_eq!(start.hosts, [host("a"), host("b")]);
    assert_eq!(verdict(&dir).await.findings, []);
    // One that cannot be written stops what it is about, whole.
    stop_writing(&dir.database());
    let (events, other) = (store.events(&run, 0, 100).await.unwrap().len(), run_id(2));
    let refused = store.create(&other, &plan, planned(&plan)).await.unwrap_err();
    assert!(refused.to_string().contains("no room left"), "{refused}");
    assert!(store.ask(&run, Control::Abort, &ann()).await.is_err());
    assert_eq!(store.asked(&run, 1).await.unwrap(), []);
    assert_eq!(store.runs(10).await.unwrap().len(), 1);
    assert_eq!(store.events(&run, 0, 100).await.unwrap().len(), events);
}

fn database(shell: &Shell) -> std::path::PathBuf {
    shell.dir.path().join("anna/state/bunker.db")
}

fn records(shell: &Shell) -> Vec<Value> {
    let listed = shell.ok(&["audit", "log", "--json"], "");
    serde_json::from_str::<Vec<Value>>(&listed).unwrap()
}

const MARK: &str = "m4rk-planted-in-a-secret";

#[test]
fn changes_of_the_vault_are_told_with_who_and_why_and_never_with_a_value() {
    let shell = shell();
    shell.ok(&["vault", "init", "--name", "anna"], "");
    let who = [("SUDO_USER", "carol"), ("SSH_CONNECTION", "203.0.113.9 5022 192.0.2.1 22")];
    let set = ["vault", "set", "one", "vault_token", "--why", "ticket 7"];
    let (code, _, told) = shell.run_with(&set, MARK, &who);
    assert_eq!(code, 0, "{told}");
    shell.ok(&["vault", "set", "two", "vault_other"], MARK);
    shell.ok(&["vault", "rm", "one", "vault_token"], "");
    let all = records(&shell);
    let actions: Vec<&str> =
        all.iter().rev().map(|r| r["record"]["action"].as_str().unwrap()).collect();
    let want = ["vault-recipient-add", "vault-set", "vault-set", "vault-remove"];
    assert_eq!(actions, want.map(|action| [action, action]).concat());
    let (set, other) = (&all[4]["record"], &all[2]["record"]);
    assert_eq!((&set["phase"], &set["outcome"]), (&"outcome".into(), &"done".into()));
    assert_eq!((&set["why"], &set["who"]["sudo_from"]), (&"ticket 7".into(), &"carol".into()));
    assert_eq!(set["hosts"], serde_json::json!(["one"]));
    assert_eq!(set["source"], "cli");
    // The same value shows as the same, and as nothing else.
    let mark = set["after"]["value"].as_str().unwrap();
    assert!(mark.starts_with("hmac:") && other["after"]["value"] == mark, "{set} {other}");
    let table = shell.ok(&["audit", "log", "--who", "carol"], "");
    assert!(table.contains("carol as") && table.contains("203.0.113.9"), "{table}");
    assert_eq!(table.lines().count(), 3, "{table}");
    assert_eq!(shell.ok(&["audit", "log", "--host", "two"], "").lines().count(), 3);
    let csv = shell.ok(&["audit", "export", "--format", "csv"], "");
    assert_eq!(csv.lines().count(), 9);
    // Nowhere in the state folder, whole or in the sizes of pages.
    let state = shell.dir.path().join("anna/state");
    let found = Command::new("grep").args(["-rlF", "--", MARK]).arg(&state).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

#[test]
fn what_cannot_be_written_down_is_not_done() {
    let shell = shell();
    shell.ok(&["vault", "init"], "");
    shell.ok(&["vault", "set", "one", "vault_a"], "first");
    let before = fs::read_to_string(shell.dir.path().join("inventory/host_vars/one/vault.age"));
    let unchanged = || {
        let now = fs::read_to_string(shell.dir.path().join("inventory/host_vars/one/vault.age"));
        assert_eq!(now.unwrap(), *before.as_ref().unwrap());
    };
    // A file system that takes nothing more: the log's file may not grow.
    let state = shell.dir.path().join("anna/state");
    let script = format!(
        "trap '' XFSZ; ulimit -f 8; printf second | exec '{}' vault set one vault_a",
        env!("CARGO_BIN_EXE_bunker")
    );
    let full = Command::new("sh")
        .args(["-c", &script])
        .current_dir(shell.dir.path())
        .env("XDG_CONFIG_HOME", shell.dir.path().join("anna"))
        .env("BUNKER_STATE", &state)
        .output()
        .unwrap();
    assert!(!full.status.success(), "{full:?}");
    unchanged();
    stop_writing(&database(&shell));
    let hosts = fs::read_to_string(shell.dir.path().join("inventory/hosts.yml")).unwrap();
    for (args, input) in [
        (&["vault", "set", "one", "vault_a"][..], "second"),
        (&["vault", "rm", "one", "vault_a"], ""),
        (&["vault", "rekey"], ""),
        (&["vault", "recipients", "remove", "nobody"], ""),
        (&["instance", "remove", "one", "--yes"], ""),
    ] {
        let (code, out, err) = shell.run(args, input);
        assert!(code != 0 && err.contains("no room left"), "{args:?}: {code} {out}{err}");
    }
    unchanged();
    assert_eq!(fs::read_to_string(shell.dir.path().join("inventory/hosts.yml")).unwrap(), hosts);
}

#[test]
fn the_table_refuses_changes_and_one_that_was_forced_is_named() {
    let shell = shell();
    shell.ok(&["vault", "init"], "");
    shell.ok(&["vault", "set", "one", "vault_a"], "x");
    let whole = shell.ok(&["audit", "verify"], "");
    assert!(whole.contains("4 records, whole"), "{whole}");
    let export = shell.dir.path().join("export.jsonl");
    let path = export.to_str().unwrap();
    shell.ok(&["audit", "export", "--out", path], "");
    shell.ok(&["audit", "verify", "--file", path], "");
    let db = rusqlite::Connection::open(database(&shell)).unwrap();
    for sql in [
        "UPDATE audit SET record = replace(record, 'vault-set', 'vault-get') WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 4",
        "INSERT INTO audit VALUES (9, '{}', '')",
        "INSERT OR REPLACE INTO audit VALUES (3, '{}', '')",
    ] {
        let refused = db.execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("the audit log"), "{sql}: {refused}");
    }
    db.execute_batch(
        "DROP TRIGGER audit_keeps;
         UPDATE audit SET record = replace(record, 'vault-set', 'vault-get') WHERE seq = 3;",
    )
    .unwrap();
    let (code, out, _) = shell.run(&["audit", "verify"], "");
    assert!(code == 3 && out.contains("record 3 was altered"), "{code} {out}");
    let (code, out, _) = shell.run(&["audit", "verify", "--json"], "");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["first_bad"], &told["whole"]), (3, &3.into(), &false.into()));
    let text = fs::read_to_string(&export).unwrap();
    fs::write(&export, text.replace("\"vault-set\"", "\"vault-get\"")).unwrap();
    assert_eq!(shell.run(&["audit", "verify", "--file", path], "").0, 3);
}

fn git(dir: &Path, args: &[&str]) -> String {
    let out = Command::new("git").arg("-C").arg(dir).args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {out:?}");
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn what_the_program_writes_is_committed_and_nothing_of_the_operators_own() {
    let shell = shell();
    let dir = shell.dir.path().join("inventory");
    git(&dir, &["init", "-q", "-b", "main"]);
    git(&dir, &["config", "user.email", "anna@example.org"]);
    git(&dir, &["config", "user.name", "Anna"]);
    git(&dir, &["add", "hosts.yml"]);
    git(&dir, &["commit", "-qm", "first"]);
    // The operator is in the middle of something else.
    fs::write(dir.join("notes.txt"), "not yet").unwrap();
    fs::write(dir.join("staged.txt"), "staged").unwrap();
    git(&dir, &["add", "staged.txt"]);
    let staged = || git(&dir, &["diff", "--cached", "--name-only"]);
    assert_eq!(staged(), "staged.txt\n");
    shell.ok(&["vault", "init", "--name", "anna"], "");
    let (_, _, told) = shell.run(&["vault", "set", "one", "vault_a"], "x");
    assert!(told.contains("committed to the history of the inventory"), "{told}");
    let last = git(&dir, &["log", "-1", "--format=%an <%ae>%n%s%n%b", "--name-only"]);
    assert!(last.starts_with("Anna <anna@example.org>\nset vault_a of one\n"), "{last}");
    assert!(last.contains("Bunker-Audit: bunker-audit "), "{last}");
    assert!(last.ends_with("host_vars/one/vault.age\n"), "{last}");
    assert_eq!(git(&dir, &["log", "--format=%s"]).lines().count(), 3);
    assert_eq!(staged(), "staged.txt\n");
    assert_eq!(git(&dir, &["status", "--porcelain"]).lines().count(), 2, "what is theirs");
    // A file with changes of their own is left to them; the change itself is done.
    let vault = dir.join("host_vars/one/vault.age");
    fs::write(&vault, fs::read_to_string(&vault).unwrap() + "# mine\n").unwrap();
    let (code, _, told) = shell.run(&["vault", "set", "one", "vault_b"], "y");
    assert!(code == 0 && told.contains("commit it yourself"), "{told}");
    assert_eq!(git(&dir, &["log", "--format=%s"]).lines().count(), 3);
    assert_eq!(shell.ok(&["vault", "get", "one", "vault_b"], ""), "y\n");
    // A hook that refuses is heard, and undoes nothing either.
    let hook = dir.join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\necho not today >&2\nexit 1\n").unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (code, _, told) = shell.run(&["vault", "set", "two", "vault_c"], "z");
    assert!(code == 0 && told.contains("not today"), "{told}");
    assert_eq!(staged(), "staged.txt\n");
}

#[test]
fn a_policy_that_asks_why_is_answered_or_nothing_is_done() {
    let shell = shell();
    let dir = shell.dir.path().join("inventory");
    fs::create_dir_all(dir.join("group_vars/all")).unwrap();
    let vars = "cml_repo: https://git.example.org/a.git\nbunker_require_why: true\n";
    fs::write(dir.join("group_vars/all/main.yml"), vars).unwrap();
    fs::create_dir_all(dir.join("host_vars/one")).unwrap();
    let one = "ansible_host: 192.0.2.1\ncml_domain: one.example.org\n";
    fs::write(dir.join("host_vars/one/main.yml"), one).unwrap();
    let (code, _, told) = shell.run(&["vault", "init"], "");
    assert!(code == 8 && told.contains("--why"), "{code} {told}");
    assert!(!dir.join("recipients.txt").exists());
    shell.ok(&["vault", "init", "--why", "new here"], "");
    assert_eq!(records(&shell)[0]["record"]["why"], "new here");
}
