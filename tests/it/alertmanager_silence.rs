//! `bunker silence` and the page of alerts against a real Alertmanager: what is silent for a time, and loud again.

use std::path::Path;

use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::engine::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::alertmanager_real::{Server, program};
use crate::capability::missing;
use crate::lab::{HostSpec, Lab, Options};
use crate::lease_break::records;
use crate::pty_life::{LONG, SOON, cockpit};
use crate::run_process;

/// A fleet of two with an Alertmanager, and the folders of the program.
struct Bench {
    lab: Lab,
    own: tempfile::TempDir,
}

impl Bench {
    fn new(policy: &[String]) -> Self {
        let hosts = vec![HostSpec::new("a"), HostSpec::new("b")];
        let options = Options::instances().with_hosts(hosts);
        let options = policy.iter().fold(options, |options, line| options.with_policy(line));
        Self { lab: Lab::start(2, options).unwrap(), own: tempfile::tempdir().unwrap() }
    }

    fn label(&self, name: &str) -> String {
        self.lab.named(name).unwrap().spec().domain.clone()
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let mut command = run_process::program(&self.lab, self.own.path());
        let output = command.args(args).env("SUDO_USER", "anna").output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    fn json(&self, args: &[&str]) -> Value {
        let (_, out, err) = self.run(args);
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{args:?}: {out}{err}"))
    }

    fn silences(&self) -> Vec<Value> {
        self.json(&["silence", "list", "--json"])["silences"].as_array().unwrap().clone()
    }

    /// It ends so, and says these words.
    fn refuses(&self, args: &[&str], code: i32, words: &str) {
        let (ended, _, err) = self.run(args);
        assert_eq!(ended, Some(code), "{args:?}: {err}");
        assert!(err.contains(words), "{args:?} does not say {words:?}: {err}");
    }

    fn own(&self) -> &Path {
        self.own.path()
    }
}

async fn started(dir: &Path, program: &Path) -> Server {
    let route = "route: {receiver: none}\nreceivers:\n- name: none\n";
    Server::start(program, dir, route).await
}

/// Two alerts of each instance.
async fn fire(server: &Server, bench: &Bench) {
    let fires =
        |name: &str, of: &str| json!({"labels": {"alertname": name, "instance": bench.label(of)}});
    let all = [("CacheCold", "a"), ("MailLoop", "a"), ("CacheCold", "b"), ("MailLoop", "b")];
    server.post("/alerts", &json!(all.map(|(name, of)| fires(name, of)))).await;
}

/// Makes a silence, once somebody agreed.
const ADD: [&str; 7] = ["silence", "add", "CacheCold", "--limit", "a", "--why", "the disk comes"];

/// Everything, for no reason, without end, where nobody was asked, by who may only look.
fn refuses_what_is_no_silence(bench: &Bench) {
    let with = |more: &[&'static str]| [&ADD[..], more].concat();
    let everything = "that would silence everything";
    bench.refuses(&["silence", "add", "--why", "x", "--yes"], 2, everything);
    bench.refuses(&["silence", "add", "", "--why", "x", "--yes"], 2, everything);
    bench.refuses(&["silence", "add", "--limit", "all", "--why", "x", "--yes"], 2, everything);
    bench.refuses(&["silence", "add", "CacheCold", "--yes"], 2, "a silence needs a reason");
    bench.refuses(&with(&["--for", "8d", "--yes"]), 2, "from 1m to 7d");
    bench.refuses(&["silence", "add", "X", "--limit", "z", "--why", "x", "--yes"], 4, "z");
    bench.refuses(&ADD, 8, "nobody can be asked here");
    bench.refuses(&with(&["--yes", "--read-only"]), 8, "--read-only");
    assert_eq!(bench.silences(), Vec::<Value>::new());
    assert_eq!(
        records(&bench.json(&["audit", "log", "--json"]), "silence-add"),
        Vec::<Value>::new()
    );
}

/// The silence that was just made is the only one, with all that was said of it.
fn is_the_only_one(bench: &Bench, made: &Value, now: Timestamp) {
    let label = bench.label("a");
    let listed = bench.silences();
    let [one] = &listed[..] else { panic!("{listed:#?}") };
    assert_eq!(
        (&one["id"], &one["by"], &one["why"]),
        (&made["silence"], &"anna via bunker".into(), &"the disk comes".into())
    );
    assert_eq!(
        one["alerts"],
        json!([{"name": "CacheCold", "instance": label}]),
        "its neighbours are loud"
    );
    let until: Timestamp = one["until"].as_str().unwrap().parse().unwrap();
    let left = until.duration_since(now).as_secs();
    assert!((7_200..7_500).contains(&left), "two hours, where nobody says anything else: {left}");
    let (_, table, _) = bench.run(&["silence", "list"]);
    assert!(table.contains("anna via bunker") && table.contains("the disk comes"), "{table}");
}

/// The log says whose it was.
async fn ends_that_of_somebody_else(server: &Server, bench: &Bench, now: Timestamp) {
    let theirs = json!({
        "matchers": [{"name": "alertname", "value": "MailLoop", "isRegex": false}], "createdBy": "eve",
        "startsAt": now, "endsAt": now + SignedDuration::from_hours(1), "comment": "mine"
    });
    server.post("/silences", &theirs).await;
    let listed = bench.silences();
    let eve = listed.iter().find(|s| s["by"] == "eve").unwrap();
    assert_eq!(eve["alerts"].as_array().unwrap().len(), 2, "{eve:#}");
    bench.refuses(&["silence", "end", eve["id"].as_str().unwrap()], 8, "nobody can be asked here");
    let ended = bench.json(&["silence", "end", eve["id"].as_str().unwrap(), "--yes", "--json"]);
    assert_eq!((&ended["by"], &ended["fits"]), (&"eve".into(), &eve["fits"]));
}

fn leaves_that_of_a_window(bench: &Bench) {
    assert_eq!(bench.run(&["window", "sync"]).0, Some(0));
    let listed = bench.silences();
    let night =
        listed.iter().find(|s| s["window"] == "night").unwrap_or_else(|| panic!("{listed:#?}"));
    let (_, table, _) = bench.run(&["silence", "list"]);
    assert!(table.contains("window night"), "{table}");
    bench.refuses(&["silence", "end", night["id"].as_str().unwrap(), "--yes"], 8, "ends with it");
}

fn all_of_it_stands_in_the_log(bench: &Bench, fits: &str, id: &str) {
    let log = bench.json(&["audit", "log", "--json"]);
    let both = [("silence-add", "the disk comes", 1), ("silence-end", "it came", 2)];
    for (deed, why, n) in both {
        let all = records(&log, deed);
        assert_eq!(all.len(), 2 * n, "{all:#?}");
        let intent = all.iter().find(|r| r["why"] == why).unwrap();
        assert_eq!((&intent["phase"], &intent["target"]), (&"intent".into(), &json!(fits)));
        let outcome = all.iter().find(|r| r["intent"] == intent["seq"]).unwrap();
        assert_eq!(outcome["outcome"], "done", "{all:#?}");
    }
    assert_eq!(records(&log, "silence-add")[0]["hosts"], json!(["a"]));
    assert_eq!(records(&log, "silence-add")[1]["after"]["silence"], json!(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_silenced_listed_and_made_loud_and_all_of_it_stands_in_the_audit_log() {
    const NAME: &str =
        "alerts_are_silenced_listed_and_made_loud_and_all_of_it_stands_in_the_audit_log";
    let program = match program() {
        Ok(program) => program,
        Err(why) => return missing(NAME, &why),
    };
    let dir = tempfile::tempdir().unwrap();
    let server = started(dir.path(), &program).await;
    let now = SystemClock.now();
    let once = (now - SignedDuration::from_mins(10)).strftime("%Y-%m-%d %H:%M").to_string();
    let bench = Bench::new(&[
        format!("bunker_alertmanager_url: {}", server.url),
        format!("bunker_windows: [{{name: night, once: '{once}', for: 2h, zone: UTC}}]"),
    ]);
    fire(&server, &bench).await;
    assert_eq!(bench.silences(), Vec::<Value>::new());

    refuses_what_is_no_silence(&bench);

    let with = |more: &[&'static str]| [&ADD[..], more].concat();
    let made = bench.json(&with(&["--yes", "--json"]));
    let id = made["silence"].as_str().unwrap();
    let label = bench.label("a");
    let fits = format!("alertname=\"CacheCold\" instance=\"{label}\"");
    assert_eq!((&made["fits"], &made["alerts"]), (&json!(fits), &json!(1)));
    is_the_only_one(&bench, &made, now);

    // What somebody else made is ended too, and the log says whose it was.
    ends_that_of_somebody_else(&server, &bench, now).await;

    let end = ["silence", "end", id, "--why", "it came", "--yes", "--json"];
    assert_eq!(bench.json(&end)["fits"], json!(fits));
    assert_eq!(bench.silences(), Vec::<Value>::new());
    let expired = server.get(&format!("/silence/{id}")).await;
    assert_eq!(expired["status"]["state"], "expired");
    bench.refuses(&end, 4, "or it is over");
    bench.refuses(&["silence", "end", "../../reload", "--yes"], 4, "has no silence");

    // That of a window is told as such and ends with it.
    leaves_that_of_a_window(&bench);

    all_of_it_stands_in_the_log(&bench, &fits, id);

    // It is gone: who does not answer, what was tried, and that nothing was changed.
    let at = server.url.clone();
    drop(server);
    bench.refuses(&with(&["--yes"]), 1, &format!("Alertmanager at {at}"));
    bench.refuses(&with(&["--yes"]), 1, "nothing was changed: does it run there");
    bench.refuses(&["silence", "list"], 1, &at);
}

#[test]
fn without_an_alertmanager_the_verbs_say_what_to_set() {
    let bench = Bench::new(&[]);
    for args in [
        &["silence", "list"][..],
        &["silence", "add", "X", "--why", "x", "--yes"],
        &["silence", "end", "s1", "--yes"],
    ] {
        bench.refuses(args, 2, "set bunker_alertmanager_url in group_vars/all");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_silenced_and_made_loud_by_keys_in_the_real_cockpit() {
    const NAME: &str = "an_alert_is_silenced_and_made_loud_by_keys_in_the_real_cockpit";
    let program = match program() {
        Ok(program) => program,
        Err(why) => return missing(NAME, &why),
    };
    let dir = tempfile::tempdir().unwrap();
    let server = started(dir.path(), &program).await;
    let bench = Bench::new(&[format!("bunker_alertmanager_url: {}", server.url)]);
    fire(&server, &bench).await;
    tokio::task::block_in_place(|| by_keys(&bench));
}

fn by_keys(bench: &Bench) {
    let mut terminal = cockpit(&bench.lab.inventory_dir(), bench.own(), 80, 24);
    terminal.wait_for("a .*healthy", SOON).unwrap();
    terminal.keys("g a").unwrap();
    terminal.wait_for("firing .*CacheCold +a ", LONG).unwrap();
    terminal.keys("/ C a c h e C o l d enter g g z").unwrap();
    terminal.wait_for("Silence CacheCold on", SOON).unwrap();
    terminal.keys("tab d i s k enter").unwrap();
    terminal.wait_for("Written to Alertmanager at http", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("silent for 2h", LONG).unwrap();
    terminal.wait_for("silenced .*CacheCold +a ", LONG).unwrap();
    let silences = bench.silences();
    let [one] = &silences[..] else { panic!("{silences:#?}") };
    assert_eq!(
        (&one["why"], &one["alerts"][0]["instance"]),
        (&"disk".into(), &bench.label("a").into())
    );
    terminal.keys("G x").unwrap();
    terminal.wait_for("End silence by", SOON).unwrap();
    terminal.keys("c a m e enter tab enter").unwrap();
    terminal.wait_for("is loud again", LONG).unwrap();
    terminal.wait_for("firing .*CacheCold +a ", LONG).unwrap();
    assert_eq!(bench.silences(), Vec::<Value>::new());
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    let log = bench.json(&["audit", "log", "--json"]);
    for (deed, why) in [("silence-add", "disk"), ("silence-end", "came")] {
        let [intent, outcome] = &records(&log, deed)[..] else { panic!("{deed}: {log:#}") };
        assert_eq!((&intent["why"], &intent["source"]), (&why.into(), &"cockpit".into()));
        assert_eq!((&outcome["outcome"], &outcome["intent"]), (&"done".into(), &intent["seq"]));
    }
}
