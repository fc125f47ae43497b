//! `bunker canary-upgrade` on paper hosts with a real metrics server: what an operator sees and does.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::canary_feed::{ERRORS, Feed, Visit, WELL};
use crate::capability::missing;
use crate::lab::metrics::{Victoria, program};
use crate::lab::{HostSpec, Lab, Options};
use crate::upgrade_run::{Deck, Said};

const NAMES: [&str; 4] = ["first", "one", "two", "three"];

/// A canary and three others, with a short soak.
struct World {
    deck: Deck,
    address: Ipv4Addr,
    does: Arc<AtomicU8>,
    reporting: Option<(Feed, Arc<Victoria>)>,
    data: TempDir,
}

impl World {
    /// Without a metrics server yet.
    fn new(last: u8, policy: &[&str]) -> Self {
        let address = Ipv4Addr::new(127, 0, 77, last);
        let specs = NAMES.map(|name| {
            let mut spec = HostSpec::new(name);
            if name == "first" {
                spec.groups.push("canary".to_owned());
            }
            spec
        });
        let url = format!("bunker_metrics_url: http://{address}:8428");
        let metrics = "bunker_canary_metrics: [{metric: error_ratio, min_samples: 4}, {metric: p95_seconds, min_samples: 4}]";
        let usual =
            ["bunker_min_healthy_s: 1", "bunker_healthy_deadline_s: 20", "bunker_soak_s: 30"];
        let options = Options::instances().with_hosts(specs.to_vec());
        let lines = usual.into_iter().chain([url.as_str(), metrics]).chain(policy.iter().copied());
        let options = lines.fold(options, Options::with_policy);
        let lab = tokio::task::block_in_place(|| Lab::start(NAMES.len(), options)).unwrap();
        let deck = Deck { lab, own: tempfile::tempdir().unwrap() };
        let data = tempfile::tempdir().unwrap();
        Self { deck, address, does: Arc::new(AtomicU8::new(WELL)), reporting: None, data }
    }

    /// The server comes up, and visitors report to it.
    async fn report(&mut self, program: &Path) {
        let server = Victoria::start(program, self.data.path(), self.address).await.unwrap();
        let server = Arc::new(server);
        let visits = NAMES.map(|name| {
            let seen = if name == "first" { Arc::clone(&self.does) } else { Arc::default() };
            (format!("{name}.example.org"), Visit::MadeUp(seen))
        });
        self.reporting = Some((Feed::start(&server, visits.into()), server));
    }

    fn bunker(&self, args: &[&str]) -> Said {
        tokio::task::block_in_place(|| self.deck.bunker(args))
    }

    fn start(&self) -> String {
        let mut args = vec!["canary-upgrade", "--yes", "--detach", "--json", "--to", "v2.5.0"];
        args.extend(NAMES);
        let said = self.bunker(&args);
        assert_eq!(said.exit, 0, "{}", said.text);
        let value: Value =
            serde_json::from_str(&said.text).unwrap_or_else(|e| panic!("{e}: {}", said.text));
        value["run"].as_str().unwrap().to_owned()
    }

    fn show(&self, run: &str) -> Value {
        let said = self.bunker(&["show", run, "--json"]);
        serde_json::from_str(&said.text).unwrap_or_else(|e| panic!("{e}: {}", said.text))
    }

    async fn when(&self, run: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_mins(4);
        loop {
            let shown = self.show(run);
            if holds(&shown) {
                return shown;
            }
            assert!(Instant::now() < deadline, "never {what}: {shown:#}");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    fn versions(&self) -> Vec<String> {
        tokio::task::block_in_place(|| NAMES.iter().map(|name| self.deck.head(name)).collect())
    }
}

impl Drop for World {
    /// A test that failed leaves no worker behind.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ended = self.deck.bunker(&["abort", "last", "--kill"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_passes_waits_and_fails_while_it_waits_and_goes_back_by_itself() {
    const NAME: &str =
        "a_canary_that_passes_waits_and_fails_while_it_waits_and_goes_back_by_itself";
    let program = match tokio::task::block_in_place(program) {
        Ok(program) => program,
        Err(why) => return missing(NAME, &format!("{why:#}")),
    };
    let policy = ["bunker_canary_on_success: promote", "bunker_canary_on_fail: rollback"];
    let mut world = World::new(29, &policy);
    world.report(&program).await;
    let old = world.versions();
    let check = world.bunker(&["canary-upgrade", "--check", "--to", "v2.5.0", "--limit", "all"]);
    assert_eq!(check.exit, 3, "{}", check.text);
    for words in [
        "the canary goes first:",
        "first (group canary)",
        "30 s of observed health",
        "errors, p95",
        "waits for a person to promote it",
        "rolls the canary back",
        "a rollback does not undo the 1 migrations",
    ] {
        assert!(check.text.contains(words), "{words} is missing in {}", check.text);
    }
    let alone = world.bunker(&["canary-upgrade", "first", "--check", "--to", "v2.5.0"]);
    for words in ["against    one, two, three", "compared with 3 that this plan leaves alone, too"]
    {
        assert!(alone.text.contains(words), "{words} is missing in {}", alone.text);
    }
    let run = world.start();
    let waits = |v: &Value| v["state"] == "paused" && v["reason"] == "promotion";
    let shown = world.when(&run, "waits for a promotion", waits).await;
    assert_eq!(shown["canary"]["report"]["verdict"], "pass", "{shown:#}");
    assert!(shown["canary"]["counted_s"].as_f64().unwrap() >= 30.0, "{shown:#}");
    let now = world.versions();
    assert_eq!(now[1..], old[1..], "the rest waits");
    assert_ne!(now[0], old[0]);

    world.does.store(ERRORS, Ordering::Relaxed);
    let shown = world.when(&run, "fails", |v| v["state"] == "failed").await;
    let end = &shown["canary"]["end"];
    assert!(end["why"].as_str().unwrap().contains("first was above 2.00 %"), "{shown:#}");
    assert_eq!(world.versions(), old, "the canary is back, the rest was never touched");
    let back = end["rollback"][0].as_str().unwrap();
    assert_eq!(world.show(back)["state"], "succeeded");
    let text = world.bunker(&["show", &run]).text;
    assert!(text.contains("THE CANARY FAILED") && text.contains("rolled back by run"), "{text}");
    let attached = world.bunker(&["attach", &run]);
    assert_eq!(attached.exit, 1, "{}", attached.text);
    for words in ["canary > healthy, ", "canary > judged: pass", "canary > FAILED: errors: first"] {
        assert!(attached.text.contains(words), "{words} is missing in {}", attached.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_metrics_server_it_asks_a_person_and_judges_again_when_it_is_back() {
    const NAME: &str = "without_a_metrics_server_it_asks_a_person_and_judges_again_when_it_is_back";
    let program = match tokio::task::block_in_place(program) {
        Ok(program) => program,
        Err(why) => return missing(NAME, &format!("{why:#}")),
    };
    let mut world = World::new(39, &["bunker_serial: 100%"]);
    let old = world.versions();
    let run = world.start();
    let waits = |v: &Value| v["state"] == "paused" && v["reason"] == "no-data";
    let shown = world.when(&run, "pauses for want of data", waits).await;
    let why = shown["why"].as_str().unwrap();
    assert!(why.contains("the metrics server could not be reached"), "{why}");
    assert_eq!(world.versions()[1..], old[1..], "no data is not a pass");
    // A soak's time with data, and then a person has it judged again.
    world.report(&program).await;
    let began = Instant::now();
    world.when(&run, "half a minute went by", |_| began.elapsed().as_secs() > 35).await;
    assert_eq!(world.bunker(&["resume", &run]).exit, 0);
    let shown = world.when(&run, "ends", |v| v["state"] == "succeeded").await;
    assert_eq!(shown["canary"]["end"]["passed"], true, "{shown:#}");
    let new = world.versions();
    assert!(new.iter().all(|sha| *sha == new[0] && *sha != old[0]), "{new:?}");
}
