//! Why something is changed: asked by the real cockpit, and kept in the audit log.

use serde_json::Value;

use crate::lab::{HostSpec, Lab, Options};
use crate::lease_break::records;
use crate::pty_life::{LONG, SOON, bunker, cockpit, with_unknown};

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

#[test]
fn an_instance_is_added_for_a_reason_that_is_asked_on_the_way() {
    let lab = with_unknown("new-1");
    let (inventory, own) = (lab.inventory_dir(), tempfile::tempdir().unwrap());
    bunker(&inventory, own.path(), &["vault", "init", "--name", "anna"], "");
    let policy = inventory.join("group_vars/all/main.yml");
    let text = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&policy, text + "bunker_require_why: true\n").unwrap();
    let address = lab.named("new-1").unwrap().address().to_string();
    let mut terminal = cockpit(&inventory, own.path(), 80, 24);
    terminal.wait_for("other .*healthy", SOON).unwrap();
    terminal.keys("N").unwrap();
    terminal.wait_for("The new instance", SOON).unwrap();
    terminal.keys("new-1 tab new.example.org tab").unwrap();
    terminal.keys(&address).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("SHA256:[A-Za-z0-9+/]{43}  ssh-ed25519", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("bunker_require_why asks for a reason", SOON).unwrap();
    terminal.keys("C H G 7 enter").unwrap();
    terminal.wait_for("Reason: CHG7", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("● new-1 is in the inventory", SOON).unwrap();
    terminal.keys("esc q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    let log = bunker(&inventory, own.path(), &["audit", "log", "--json"], "");
    let log: Value = serde_json::from_str(&log).unwrap();
    for deed in ["host-key-pin", "instance-add"] {
        let all = records(&log, deed);
        let intent = all.iter().find(|r| r["phase"] == "intent").unwrap();
        assert_eq!(intent["why"], "CHG7", "{all:#?}");
    }
}
