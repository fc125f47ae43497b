//! A port of a host at this machine: by the command line, and from the cockpit's page, on paper hosts whose sshd forwards.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use rustix::process::{Pid, Signal, kill_process};

use crate::lab::terminal::Terminal;
use crate::lab::{Fault, Lab, Options};
use crate::pty_cockpit::SOON;

fn command(lab: &Lab, state: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
    command.arg("--inventory").arg(lab.inventory_dir()).args(args).stdin(Stdio::null());
    command.env("BUNKER_STATE", state).env("XDG_CACHE_HOME", state);
    command
}

fn ends(lab: &Lab, state: &Path, args: &[&str]) -> (i32, String) {
    let out = command(lab, state, args).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8_lossy(&out.stderr).into_owned())
}

/// One that was opened, ended when dropped.
struct Forwarding {
    child: Child,
    json: serde_json::Value,
}

impl Forwarding {
    fn start(lab: &Lab, state: &Path, what: &str) -> Self {
        let args = ["--json", "forward", "paper-01", what];
        let mut command = command(lab, state, &args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, json: serde_json::from_str(&line).unwrap() }
    }

    fn at(&self) -> SocketAddr {
        self.json["at"].as_str().unwrap().parse().unwrap()
    }

    fn interrupt(&mut self) -> i32 {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::INT).unwrap();
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What the health page says there.
fn health(at: SocketAddr) -> String {
    let mut tcp = TcpStream::connect(at).unwrap();
    tcp.set_read_timeout(Some(SOON)).unwrap();
    tcp.write_all(b"GET /api/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    tcp.read_to_string(&mut text).unwrap();
    text
}

fn until_refused(at: SocketAddr) {
    let begun = Instant::now();
    while TcpStream::connect(at).is_ok() {
        assert!(begun.elapsed() < SOON, "{at} still takes connections");
        std::thread::yield_now();
    }
}

fn audit(lab: &Lab, state: &Path) -> Vec<serde_json::Value> {
    let out = command(lab, state, &["--json", "audit", "log"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let all = json.as_array().or_else(|| json["records"].as_array()).unwrap().clone();
    all.into_iter().filter(|entry| entry.to_string().contains("\"forward\"")).collect()
}

#[test]
fn a_service_is_brought_here_until_ctrl_c_and_both_ends_are_in_the_audit_log() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut open = Forwarding::start(&lab, state.path(), "api");
    assert_eq!((&open.json["host"], &open.json["what"]), (&"paper-01".into(), &"api".into()));
    assert_eq!(open.json["to"], "127.0.0.1:4000");
    let at = open.at();
    assert!(at.ip().is_loopback(), "{at}");
    assert!(health(at).contains("200 OK"), "{}", health(at));
    // It was written down before it opened.
    let begun = audit(&lab, state.path());
    assert_eq!(begun.len(), 1, "{begun:?}");
    assert_eq!(open.interrupt(), 0);
    until_refused(at);
    let both = audit(&lab, state.path());
    assert_eq!(both.len(), 2, "{both:?}");
    let all = format!("{both:?}");
    assert!(all.contains("127.0.0.1:4000") && all.contains(&at.to_string()), "{all}");
    let (code, err) = ends(&lab, state.path(), &["audit", "verify"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_port_that_cannot_be_had_is_told_with_the_reason() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (args, code, says) in [
        (vec!["--read-only", "forward", "paper-01", "api"], 8, "--read-only"),
        (vec!["forward", "nobody", "api"], 4, "nobody"),
        (vec!["forward", "paper-01", "0"], 2, "1 to 65535"),
        (vec!["forward", "paper-01", "-x; id"], 2, ""),
        (vec!["forward", "paper-01", "redis"], 1, "name the port instead"),
        (vec!["forward", "paper-01", "nothing"], 1, "nothing"),
        (vec!["forward", "paper-01", "5999"], 6, "nothing takes connections at 127.0.0.1:5999"),
        (vec!["forward", "paper-01", "4000", "--local", &port], 1, "cannot be had"),
    ] {
        let (ended, err) = ends(&lab, state.path(), &args);
        assert_eq!(ended, code, "{args:?}: {err}");
        assert!(err.contains(says), "{args:?}: {err}");
    }
}

/// The health page there, once something answers.
fn until_healthy(at: SocketAddr) {
    let begun = Instant::now();
    while TcpStream::connect(at).is_err() {
        assert!(begun.elapsed() < SOON, "{at} takes no connection");
        std::thread::yield_now();
    }
    assert!(health(at).contains("200 OK"), "{at}");
}

/// What it says, up to and with these words.
fn until_said(err: &mut impl BufRead, words: &str) -> String {
    let mut said = String::new();
    while !said.contains(words) {
        assert!(err.read_line(&mut said).unwrap() > 0, "it ended without {words:?}: {said}");
    }
    said
}

#[test]
fn one_whose_host_was_stopped_is_open_again_at_the_same_address_once_that_is_started() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut open = Forwarding::start(&lab, state.path(), "api");
    let mut err = BufReader::new(open.child.stderr.take().unwrap());
    let at = open.at();
    assert!(health(at).contains("200 OK"));
    lab.host(0).fault(Fault::Refuse);
    let said = until_said(&mut err, "tried once since");
    for words in
        [format!("{at}, api of paper-01: lost ").as_str(), "next attempt in", "Ctrl-C gives up"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    until_refused(at);
    // Somebody else takes the port meanwhile: another one is never chosen silently.
    let taken = TcpListener::bind(at).unwrap();
    lab.host(0).clear();
    let said = until_said(&mut err, "cannot be had");
    assert!(said.contains(&format!("port {} of this machine", at.port())), "{said}");
    drop(taken);
    let said = until_said(&mut err, "is here again after");
    assert!(said.contains(&at.to_string()), "{said}");
    until_healthy(at);
    // A cut is mended too; what is given up while it is lost says so.
    lab.host(0).fault(Fault::DropNow);
    until_said(&mut err, "is here again after");
    until_healthy(at);
    lab.host(0).fault(Fault::Refuse);
    until_said(&mut err, "lost ");
    assert_eq!(open.interrupt(), 6);
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("given up while its connection was lost"), "{rest}");
    let all = audit(&lab, state.path());
    assert_eq!(all.len(), 2, "an intent and an outcome: {all:?}");
    let all = format!("{all:?}");
    assert!(all.contains("3 times") && all.contains("the connection was lost"), "{all}");
}

#[test]
fn where_the_key_is_refused_it_is_not_tried_again_by_itself() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut open = Forwarding::start(&lab, state.path(), "4000");
    lab.host(0).fault(Fault::AuthRefuse);
    lab.host(0).fault(Fault::DropNow);
    assert_eq!(open.child.wait().unwrap().code(), Some(6));
    let mut said = String::new();
    open.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("is not opened again: "), "{said}");
    until_refused(open.at());
}

/// The address on the screen.
fn address(screen: &str) -> SocketAddr {
    let found = regex::Regex::new(r"127[.]0[.]0[.]1:\d+").unwrap();
    found.find(screen).unwrap().as_str().parse().unwrap()
}

/// From the list of ports, whatever it lies over, to the page of the instance; notices go on the way.
fn to_the_instance(terminal: &mut Terminal) {
    terminal.keys("esc").unwrap();
    terminal.wait_gone("Ports brought here", SOON).unwrap();
    terminal.keys("g f").unwrap();
    terminal.wait_for("bunker  paper", SOON).unwrap();
    terminal.keys("esc").unwrap();
    terminal.wait_gone("127[.]0[.]0[.]1", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("instance  paper-01", SOON).unwrap();
}

#[test]
fn in_the_cockpit_services_are_brought_here_listed_taken_back_and_none_outlives_it() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut start = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
    start.arg("--inventory");
    start.arg(lab.inventory_dir());
    start.env("BUNKER_STATE", state.path());
    start.env("XDG_CACHE_HOME", state.path());
    start.env("LC_ALL", "C.UTF-8");
    let mut terminal = Terminal::start(start, 80, 24).unwrap();
    terminal.wait_for("paper-01 .*healthy", SOON).unwrap();
    terminal.keys("g p").unwrap();
    terminal.wait_for("none: F on the page of an instance", SOON).unwrap();
    to_the_instance(&mut terminal);
    let bring = |terminal: &mut Terminal| {
        terminal.keys("F").unwrap();
        terminal.wait_for("Port of a service of paper-01", SOON).unwrap();
        terminal.keys("enter").unwrap();
        let told = terminal.wait_for(r"127[.]0[.]0[.]1:\d+ is api of paper-01 now", SOON).unwrap();
        let at = address(&told);
        assert!(health(at).contains("200 OK"), "{at}");
        at
    };
    let first = bring(&mut terminal);
    terminal.keys("g p").unwrap();
    let list = terminal.wait_for("paper-01 +api +127[.]0[.]0[.]1:4000", SOON).unwrap();
    assert!(list.contains(&first.to_string()) && list.contains("1 port"), "{list}");
    terminal.keys("x").unwrap();
    terminal.wait_for("none: F on the page of an instance", SOON).unwrap();
    until_refused(first);
    to_the_instance(&mut terminal);

    // The one whose host is stopped says so, and is here again once that is started; the next one ends with the cockpit.
    let second = bring(&mut terminal);
    lab.host(0).fault(Fault::Refuse);
    terminal.wait_for("the connection was lost", SOON).unwrap();
    until_refused(second);
    terminal.settle(Duration::from_millis(100));
    terminal.keys("g p").unwrap();
    terminal.wait_for("paper-01 +api .* lost", SOON).unwrap();
    terminal.wait_for("lost .* tried .* since .*", SOON).unwrap();
    lab.host(0).clear();
    terminal.keys("r").unwrap();
    terminal.wait_gone("paper-01 +api .* lost", SOON).unwrap();
    until_healthy(second);
    terminal.keys("x").unwrap();
    terminal.wait_for("none: F on the page of an instance", SOON).unwrap();
    until_refused(second);
    to_the_instance(&mut terminal);
    let third = bring(&mut terminal);
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
    until_refused(third);
    let all = audit(&lab, state.path());
    assert_eq!(all.len(), 6, "an intent and an outcome of each: {all:?}");
}
