//! Why something is changed: asked by the real cockpit, and kept in the audit log.

use serde_json::Value;

use crate::lab::{HostSpec, Lab, Options};
use crate::lease_break::records;
use crate::pty_life::{LONG, SOON, bunker, cockpit};

#[test]
fn a_reason_is_asked_where_policy_wants_one_and_stands_in_the_audit_log() {
    let options = Options::instances().with_policy("bunker_require_why: true");
    let lab = Lab::start(1, options.with_hosts(vec![HostSpec::new("one")])).unwrap();
    let (inventory, own) = (lab.inventory_dir(), tempfile::tempdir().unwrap());
    let mut terminal = cockpit(&inventory, own.path(), 100, 30);
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.keys("b").unwrap();
    terminal.wait_for("plan  backup one", LONG).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("bunker_require_why asks for a reason", SOON).unwrap();
    terminal.keys("d r i l l enter").unwrap();
    terminal.wait_for("Reason: drill", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("● succeeded", LONG).unwrap();
    // Once for all that comes next: nothing is asked any more, and the shown reason is the one that is kept.
    terminal.keys("esc").unwrap();
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.keys("Y").unwrap();
    terminal.wait_for("Why you do what comes next", SOON).unwrap();
    terminal.keys("C H G 9 enter").unwrap();
    terminal.wait_for("why: CHG9", SOON).unwrap();
    terminal.keys("b").unwrap();
    terminal.wait_for("plan  backup one", LONG).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("Reason: CHG9", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("run .... started", LONG).unwrap();
    terminal.wait_for("● succeeded", LONG).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    let log = bunker(&inventory, own.path(), &["audit", "log", "--json"], "");
    let log: Value = serde_json::from_str(&log).unwrap();
    let starts = records(&log, "run-start");
    let whys: Vec<&Value> =
        starts.iter().filter(|r| r["phase"] == "intent").map(|r| &r["why"]).collect();
    assert_eq!(whys, ["drill", "CHG9"], "{starts:#?}");
}
