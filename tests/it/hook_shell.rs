//! Hooks around a run of the program itself: those before a plan keep it from being made, those of the run hear how it went.

use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::{Lab, Options};
use crate::run_process::program;

const LONG: Duration = Duration::from_mins(3);

struct Bench {
    lab: Lab,
    own: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let options = Options::instances().with_policy("bunker_min_healthy_s: 1");
        Self { lab: Lab::start(1, options).unwrap(), own: tempfile::tempdir().unwrap() }
    }

    /// A hook beside the inventory: it keeps what it hears, and ends with `code`.
    fn hook(&self, name: &str, code: i32) {
        let hooks = self.lab.inventory_dir().parent().unwrap().join("hooks");
        std::fs::create_dir_all(&hooks).unwrap();
        let heard = self.own.path().join("heard");
        let text = format!(
            "#!/bin/sh\ncat >>'{0}'\necho >>'{0}'\necho not today\nexit {code}\n",
            heard.display()
        );
        let path = hooks.join(name);
        std::fs::write(&path, text).unwrap();
        for path in [&hooks, &path] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// What all hooks heard so far, in order.
    fn heard(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.own.path().join("heard")).unwrap_or_default();
        let json = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        json.map_while(Result::ok).collect()
    }

    fn names(&self) -> Vec<String> {
        self.heard().iter().map(|heard| heard["hook"].as_str().unwrap().to_owned()).collect()
    }

    fn run(&self, args: &[&str]) -> Output {
        program(&self.lab, self.own.path()).args(args).output().unwrap()
    }

    fn upgrade(&self) -> Output {
        let name = self.lab.host(0).name().to_owned();
        self.run(&["upgrade", &name, "--to", "v2.5.0", "--yes"])
    }
}

#[test]
fn a_hook_before_the_plan_that_says_no_ends_it_before_a_host_is_asked() {
    for name in ["pre-connect", "pre-plan"] {
        let bench = Bench::new();
        bench.hook(name, 1);
        let refused = bench.upgrade();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(8), "{said}");
        for words in
            [format!("the hook {name} said no").as_str(), "no host was asked anything", "not today"]
        {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert_eq!(bench.lab.host(0).execs(), 0, "{name}");
        assert_eq!(bench.names(), [name]);
        let runs = bench.run(&["runs", "--json"]);
        let runs: Value = serde_json::from_slice(&runs.stdout).unwrap();
        assert!(runs["runs"].as_array().unwrap().is_empty(), "{runs:#}");
    }
}

#[test]
fn the_hooks_of_a_run_hear_in_order_how_it_went() {
    let bench = Bench::new();
    for name in
        ["pre-connect", "pre-plan", "pre-batch", "post-batch", "post-run", "on-failed", "on-paused"]
    {
        bench.hook(name, 0);
    }
    let done = bench.upgrade();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    // The one after the run is run by its worker, which may still be at it.
    let begun = Instant::now();
    while !bench.names().contains(&"post-run".to_owned()) {
        assert!(begun.elapsed() < LONG, "{:?}", bench.names());
        std::thread::yield_now();
    }
    let names = bench.names();
    // Before the plan, and then of the worker.
    let wanted = ["pre-connect", "pre-plan", "pre-connect", "pre-batch", "post-batch", "post-run"];
    assert_eq!(names, wanted);
    let last = bench.heard().pop().unwrap();
    assert_eq!((&last["schema"], &last["workflow"]), (&1.into(), &"upgrade".into()), "{last:#}");
    assert_eq!(last["hosts"][0]["outcome"], "changed", "{last:#}");
}
