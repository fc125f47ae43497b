//! A maintenance window is added and ended in the real cockpit: the same files and the same log as by the command line.

use serde_json::Value;

use crate::lab::{HostSpec, Lab, Options};
use crate::lease_break::records;
use crate::pty_life::{LONG, SOON, bunker, cockpit};

#[test]
fn a_window_is_added_and_ended_by_keys_and_both_stand_in_the_audit_log() {
    let options = Options::instances().with_policy("bunker_require_why: true");
    let hosts = vec![HostSpec::new("one"), HostSpec::new("two")];
    let lab = Lab::start(2, options.with_hosts(hosts)).unwrap();
    let (inventory, own) = (lab.inventory_dir(), tempfile::tempdir().unwrap());
    let json = |args: &[&str]| -> Value {
        serde_json::from_str(&bunker(&inventory, own.path(), args, "")).unwrap()
    };
    let mut terminal = cockpit(&inventory, own.path(), 80, 24);
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.keys("g t").unwrap();
    terminal.wait_for("none: a adds one", SOON).unwrap();
    terminal.keys("a").unwrap();
    terminal.wait_for("A new window", SOON).unwrap();
    terminal.keys("m e n d tab space space tab n o w tab 2 h tab tab o n e enter").unwrap();
    // A policy asks for a reason, and the form says so before anything is written.
    terminal.wait_for("For 1 host: one", LONG).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("bunker_require_why asks for a reason", LONG).unwrap();
    assert!(json(&["window", "list", "--json"])["windows"].as_array().unwrap().is_empty());
    terminal.keys("tab tab C H G 7 enter").unwrap();
    terminal.wait_for("Reason: CHG7", LONG).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("window mend is in the inventory", LONG).unwrap();
    terminal.wait_for("mend +on", SOON).unwrap();
    let listed = json(&["window", "list", "--json"]);
    assert_eq!(listed["windows"][0]["hosts"], serde_json::json!(["one"]), "{listed:#}");
    assert_eq!(listed["windows"][0]["on"], true, "{listed:#}");

    terminal.keys("x").unwrap();
    terminal.wait_for("End window mend", SOON).unwrap();
    terminal.keys("e a r l y enter").unwrap();
    terminal.wait_for("It is over on 1 host: one", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("window mend is over on 1 host", LONG).unwrap();
    terminal.wait_for("mend +off", SOON).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    let listed = json(&["window", "list", "--json"]);
    assert_eq!(listed["windows"][0]["window"]["ended"]["why"], "early", "{listed:#}");

    let log = json(&["audit", "log", "--json"]);
    for (deed, why) in [("window-add", "CHG7"), ("window-end", "early")] {
        let [intent, outcome] = &records(&log, deed)[..] else { panic!("{deed}: {log:#}") };
        assert_eq!((&intent["why"], &intent["source"]), (&why.into(), &"cockpit".into()));
        assert_eq!((&outcome["outcome"], &outcome["intent"]), (&"done".into(), &intent["seq"]));
    }
}
