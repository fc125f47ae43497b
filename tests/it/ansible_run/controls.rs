//! Pause, abort and kill of a playbook, and the loss of its worker.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{Stage, n_processes, nothing_is_left, steps, target};

const BOOK: &str = "\
- hosts: all
  gather_facts: false
  tasks:
    - name: wait
      ansible.builtin.shell: 'touch \"{{ playbook_dir }}/begun\"; until [ -e \"{{ playbook_dir }}/go\" ]; do sleep 0.1; done'
    - name: after
      ansible.builtin.file: {path: '{{ playbook_dir }}/after', state: touch, mode: '0600'}
";

struct Play(Stage);

impl Play {
    /// A run whose first task is under way.
    fn begin(&self) {
        for name in ["begun", "go", "after"] {
            drop(fs::remove_file(self.0.at(name)));
        }
        let started =
            self.0.bunker(&["ansible", &self.0.at("site.yml"), "one", "--yes", "--detach"]);
        assert_eq!(started.exit, 0, "{}", started.text);
        let begun = self.0.at("begun");
        self.0.until("the first task", |_| fs::exists(&begun).unwrap());
    }

    fn ok(&self, args: &[&str]) {
        let said = self.0.bunker(args);
        assert_eq!(said.exit, 0, "{args:?}: {}", said.text);
    }

    fn end(&self) -> Value {
        // Of the run, not of its host: the leases are given back in between.
        self.0.until("the end", |show| show["finished_at"].is_string())
    }

    fn reached_after(&self) -> bool {
        fs::exists(self.0.at("after")).unwrap()
    }
}

#[test]
fn a_playbook_is_paused_aborted_and_killed_and_a_lost_worker_leaves_it_unknown() {
    let name = "a_playbook_is_paused_aborted_and_killed_and_a_lost_worker_leaves_it_unknown";
    let Some(stage) = Stage::start(name, &["one"]) else { return };
    stage.put("site.yml", BOOK);
    let play = Play(stage);

    // Pause: the running task ends, the next waits until the run is resumed. Meanwhile nobody else changes the instance.
    play.begin();
    let lease = play.0.site.lab.named("one").unwrap().state_dir().join("instances/one/lease");
    let held = fs::read_to_string(&lease).unwrap();
    assert!(held.contains("workflow=ansible\n"), "{held}");
    let other = play.0.bunker(&["backup", "one", "--yes"]);
    assert!(other.exit != 0 && other.text.contains("(ansible)"), "{}", other.text);
    play.ok(&["pause", "last"]);
    play.0.until("the pause", |show| show["state"] == "paused");
    play.0.put("go", "");
    play.0.until("the end of the first task", |show| steps(show, "one") == ["wait: changed"]);
    assert!(!play.reached_after());
    play.ok(&["resume", "last"]);
    let show = play.end();
    assert_eq!(target(&show, "one")["outcome"], "changed");
    assert!(play.reached_after());
    assert!(!lease.exists(), "it was given back");

    // Abort: the running task ends, the next does not begin.
    play.begin();
    play.ok(&["abort", "last"]);
    play.0.until("the abort", |show| show["state"] == "stopping");
    play.0.put("go", "");
    let show = play.end();
    assert_eq!(steps(&show, "one"), ["wait: changed"]);
    assert_eq!(target(&show, "one")["outcome"], "cancelled", "{show:#}");
    assert!(!play.reached_after());

    // Kill: its processes are gone, and what the task did on the host nobody can tell.
    play.begin();
    play.ok(&["abort", "last", "--kill"]);
    let show = play.end();
    assert_eq!(target(&show, "one")["outcome"], "unknown", "{show:#}");
    nothing_is_left(&play.0);
    play.0.put("go", "");

    // The worker dies: the playbook ends with it, and the run says that it does not know.
    play.begin();
    let events = play.0.command(&["show", "last", "--json"]).output().unwrap();
    let show: Value = serde_json::from_slice(&events.stdout).unwrap();
    let run = show["run"].as_str().unwrap().to_owned();
    kill_process(worker_of(&run), Signal::KILL).unwrap();
    let show = play.0.until("the loss", |show| show["state"] == "lost");
    assert_eq!(steps(&show, "one"), ["wait: unknown"], "{show:#}");
    play.ok(&["resume", "last"]);
    let show = play.end();
    assert_eq!(target(&show, "one")["outcome"], "unknown", "{show:#}");
    play.0.until("the end of its processes", |_| n_processes(&play.0) == 0);
    play.0.put("go", "");
    assert!(!play.reached_after());
}

fn commands() -> impl Iterator<Item = (i32, String)> {
    fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        Some((pid, String::from_utf8_lossy(&line).replace('\0', " ")))
    })
}

fn worker_of(run: &str) -> Pid {
    let found = commands().find(|(_, line)| line.contains(&format!(" worker {run}")));
    Pid::from_raw(found.unwrap().0).unwrap()
}
