//! Every verb of the command line that changes a host by a run is refused by a guardrail, each where it has something to
//! do; and no verb is without its place in these lists.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use clap::CommandFactory;
use serde_json::{Value, json};

use crate::capability::missing;
use crate::lab::{HostSpec, Lab, Options, ansible};

/// Verbs that make a run, with what they need to have something to do. `RUN` is one that left a host behind, `BOOK` a
/// playbook.
const BOUND: [(&str, &[&str]); 12] = [
    ("backup", &["work-1", "work-2"]),
    ("backup verify", &["work-1", "work-2"]),
    ("upgrade", &["work-1", "work-2", "--to", "v2.5.1-slow"]),
    ("canary-upgrade", &["first-1", "work-1", "work-2", "--to", "v2.5.1-slow"]),
    ("rollback", &["work-1", "work-2"]),
    ("configure", &["work-1", "work-2", "--overwrite-drift"]),
    ("rotate-secrets", &["work-1", "work-2", "--secret", "vault_jwt_secret"]),
    ("deploy", &["bare-1", "bare-2", "--to", "v2.5.0"]),
    ("ansible", &["BOOK", "work-1", "work-2"]),
    ("import", &["found-1"]),
    ("retry", &["RUN"]),
    ("abort", &["RUN", "--rollback"]),
];

/// Verbs about a run that is there: what bound it when it was made still does, and `policy_run` proves that none of them
/// begins one that waits for a second person.
const OF_A_RUN: [&str; 8] =
    ["pause", "resume", "promote", "step", "skip", "approve", "reject", "worker"];

/// Verbs that reach a host and make no run: each asks and is audited in its own way.
const BESIDE_RUNS: [&str; 3] = ["shell", "forward", "lease break"];

/// Verbs that change no host: they look, or change what is kept here, in the inventory or in Alertmanager.
const CHANGE_NO_HOST: [&str; 64] = [
    "status",
    "backup list",
    "secrets due",
    "plan deploy",
    "plan upgrade",
    "plan canary-upgrade",
    "plan configure",
    "plan rollback",
    "plan backup",
    "plan verify-backup",
    "plan rotate-secrets",
    "plan import",
    "plan ansible",
    "runs",
    "show",
    "attach",
    "logs",
    "env",
    "window list",
    "window add",
    "window end",
    "window sync",
    "bundle",
    "replay",
    "audit log",
    "audit verify",
    "audit export",
    "instance add",
    "instance list",
    "instance show",
    "instance remove",
    "canary judge",
    "inventory list",
    "inventory vars",
    "inventory check",
    "inventory init",
    "inventory schema",
    "vault init",
    "vault list",
    "vault get",
    "vault set",
    "vault rm",
    "vault edit",
    "vault recipients add",
    "vault recipients remove",
    "vault recipients list",
    "vault rekey",
    "vault verify",
    "vault import-ansible",
    "vault export-ansible",
    "lease list",
    "lease show",
    "hooks list",
    "notify list",
    "notify test",
    "notify retry",
    "alerts",
    "silence list",
    "silence add",
    "silence end",
    "compare",
    "timeline",
    "doctor",
    "watch",
];

/// Verbs about the program itself.
const ITSELF: [&str; 5] = ["check keys", "check theme", "snapshot", "completions", "man"];

/// All verbs below a command that can be called as they are, and whether they can start a run by themselves.
fn verbs(path: &str, command: &clap::Command, found: &mut BTreeMap<String, bool>) {
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let name = format!("{path} {}", below.get_name()).trim_start().to_owned();
        if below.get_subcommands().next().is_none() || !below.is_subcommand_required_set() {
            let takes = |wanted: &str| below.get_arguments().any(|arg| arg.get_id() == wanted);
            found.insert(name.clone(), takes("detach"));
        }
        verbs(&name, below, found);
    }
}

#[test]
fn every_verb_has_its_place_among_those_that_a_guardrail_binds_or_does_not() {
    let mut found = BTreeMap::new();
    verbs("", &bunker_ops::cli::args::Args::command(), &mut found);
    let bound: Vec<&str> = BOUND.iter().map(|(verb, _)| *verb).collect();
    let all = [&bound[..], &OF_A_RUN, &BESIDE_RUNS, &CHANGE_NO_HOST, &ITSELF].concat();
    let known: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(known.len(), all.len(), "a verb stands in two lists");
    let there: BTreeSet<&str> = found.keys().map(String::as_str).collect();
    let new: Vec<_> = there.difference(&known).collect();
    assert!(new.is_empty(), "say what binds these verbs, and prove it: {new:?}");
    let gone: Vec<_> = known.difference(&there).collect();
    assert!(gone.is_empty(), "there are no such verbs: {gone:?}");
    // Whatever can leave a run to its worker makes one; `plan` takes the same words and makes none.
    let starts = |(verb, starts): &(&String, &bool)| **starts && !verb.starts_with("plan ");
    for (verb, _) in found.iter().filter(starts) {
        assert!(bound.contains(&verb.as_str()), "{verb} makes a run, and nothing proves it bound");
    }
}

/// Paper hosts on which each of these verbs has something to do.
struct Site {
    lab: Lab,
    own: tempfile::TempDir,
    path: OsString,
}

impl Site {
    fn new(venv: &std::path::Path) -> Self {
        let spec = |name: &str, groups: &[&str]| {
            let mut spec = HostSpec::new(name);
            spec.groups = groups.iter().map(|group| (*group).to_owned()).collect();
            spec.vars.push("cml_admin_email: admin@example.org".to_owned());
            spec.vars.push("cml_smtp_from: hello@example.org".to_owned());
            spec
        };
        let mut hosts: Vec<HostSpec> = ["work-1", "work-2", "left-1", "left-2", "found-1"]
            .iter()
            .map(|name| spec(name, &["work"]))
            .collect();
        hosts.push(spec("first-1", &["work", "canary"]));
        for name in ["bare-1", "bare-2"] {
            hosts.push(HostSpec { installed: false, ..spec(name, &["work"]) });
        }
        let options = Options::instances()
            .with_policy("bunker_min_healthy_s: 1")
            .with_policy("bunker_upgrade_free_b: 1");
        let lab = Lab::start(hosts.len(), options.with_hosts(hosts)).unwrap();
        let mut path = venv.join("bin").into_os_string();
        path.push(":/usr/local/bin:/usr/bin:/bin");
        Self { lab, own: tempfile::tempdir().unwrap(), path }
    }

    fn command(&self, args: &[&str]) -> Command {
        let own = self.own.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
        command.args(args).arg("--inventory").arg(self.lab.inventory_dir());
        for (name, place) in [
            ("BUNKER_STATE", "state"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_RUNTIME_DIR", "run"),
            ("HOME", "home"),
        ] {
            command.env(name, own.join(place));
        }
        command.env("PATH", &self.path).env_remove("BUNKER_IDENTITY").env_remove("SSH_AUTH_SOCK");
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn ok(&self, args: &[&str]) {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {output:?}"))
    }

    fn until(&self, run: &str, state: &str) {
        let deadline = Instant::now() + Duration::from_mins(2);
        loop {
            let shown = self.json(&["show", run, "--json"]);
            if shown["state"] == state {
                return;
            }
            assert!(Instant::now() < deadline, "never {state}: {shown:#}");
            std::thread::yield_now();
        }
    }

    /// The secrets that a host cannot do without: those that it runs with, or new ones.
    fn secrets(&self, name: &str) {
        let env = fs::read_to_string(self.lab.named(name).unwrap().checkout().join(".env"));
        let env = env.unwrap_or_default();
        for variable in ["ADMIN_PASSWORD", "JWT_SECRET", "POSTGRES_PASSWORD", "REDIS_PASSWORD"] {
            let line = env.lines().find_map(|l| l.strip_prefix(&format!("{variable}=")));
            let secret = format!("vault_{}", variable.to_lowercase());
            let mut set = self.command(&["vault", "set", name, &secret]);
            let mut child = set.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
            let value = line.unwrap_or("a value of this test alone");
            child.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
            assert!(child.wait().unwrap().success(), "{name} {secret}");
        }
    }

    /// An upgrade of which one host is done and the other was not begun.
    fn left_behind(&self) -> String {
        let begun = [
            "upgrade", "left-1", "left-2", "--to", "v2.5.0", "--serial", "1", "--step", "--yes",
            "--detach", "--json",
        ];
        let run = self.json(&begun)["run"].as_str().unwrap().to_owned();
        self.until(&run, "paused");
        self.ok(&["abort", &run]);
        self.until(&run, "aborted");
        run
    }

    /// Makes this the only guardrail.
    fn rule(&self, rule: &str) {
        let file = self.lab.inventory_dir().join("group_vars/all/bunker.yml");
        let text = fs::read_to_string(&file).unwrap();
        let others = text.lines().filter(|line| !line.starts_with("bunker_guardrails"));
        let lines: Vec<&str> = others.collect();
        fs::write(&file, format!("{}\nbunker_guardrails: [{rule}]\n", lines.join("\n"))).unwrap();
    }

    /// All jobs that any host was ever given.
    fn jobs(&self) -> BTreeSet<String> {
        let of = |host: &crate::lab::PaperHost| {
            let ops = fs::read_dir(host.state_dir().join("ops")).into_iter().flatten();
            let name = host.name().to_owned();
            ops.map(move |run| format!("{name}: {}", run.unwrap().file_name().display()))
                .collect::<Vec<_>>()
        };
        self.lab.hosts().iter().flat_map(of).collect()
    }
}

#[test]
fn every_verb_that_makes_a_run_is_refused_by_a_guardrail_where_it_has_something_to_do() {
    let venv = match ansible::venv() {
        Ok(venv) => venv,
        Err(why) => {
            let name = "every_verb_that_makes_a_run_is_refused_by_a_guardrail";
            return missing(name, &why);
        }
    };
    let site = Site::new(&venv);
    site.ok(&["vault", "init"]);
    for name in ["work-1", "work-2", "bare-1", "bare-2"] {
        site.secrets(name);
    }
    site.ok(&["upgrade", "work-1", "work-2", "--to", "v2.5.0", "--yes"]);
    let run = site.left_behind();
    let book = site.own.path().join("site.yml");
    fs::write(&book, "- hosts: all\n  gather_facts: false\n  tasks: []\n").unwrap();
    let book = book.display().to_string();
    let n_runs = || site.json(&["runs", "--json"])["runs"].as_array().unwrap().len();
    let before = (n_runs(), site.jobs());
    for (rule, words) in [
        ("{hosts: ['*'], deny: true, reason: 'it is for sale'}", "it is for sale"),
        ("{hosts: ['*'], confirm: count, reason: shared}", "type the number of instances"),
    ] {
        site.rule(rule);
        for (verb, more) in BOUND {
            // The way back takes no typed word; what is forbidden is forbidden to it too.
            if verb == "abort" && rule.contains("confirm") {
                continue;
            }
            let mut args: Vec<&str> = verb.split(' ').collect();
            args.extend(more.iter().map(|word| match *word {
                "RUN" => run.as_str(),
                "BOOK" => book.as_str(),
                word => word,
            }));
            if verb != "abort" {
                args.extend(["--yes", "--detach"]);
            }
            let output = site.run(&args);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let told = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(output.status.code(), Some(8), "{args:?}: {said}{told}");
            let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(line.contains(words), "{args:?}: {said}{told}");
        }
    }
    let after = (n_runs(), site.jobs());
    assert_eq!(after, before, "nothing was stored, and no host heard of anything");
    // Without the guardrail each of them would have gone.
    site.rule("");
    let check = site.json(&["retry", &run, "--check", "--json"]);
    assert_eq!(check["batches"], json!([["left-2"]]), "{check:#}");
}
