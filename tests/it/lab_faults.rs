//! Every fault of the paper hosts, as the real OpenSSH client meets it, with numbers.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::lab::{Fault, Lab, Options, PaperHost};
use crate::lab_ssh::{ssh, text};

fn one() -> Lab {
    Lab::start(1, Options::bare()).unwrap()
}

/// Starts `ssh` with options and does not wait for it.
fn begin(lab: &Lab, host: &PaperHost, options: &[&str], command: &[&str]) -> Child {
    Command::new("ssh")
        .arg("-F")
        .arg(lab.ssh_config())
        .args(options)
        .arg(host.name())
        .args(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn end(child: Child) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.code(), text(&stdout).to_owned(), text(&stderr).to_owned())
}

/// Waits for a condition, for at most ten seconds.
fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what} did not come");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

#[test]
fn a_cut_before_the_command_runs_nothing_and_a_cut_after_it_runs_it_once() {
    let (lab, file) = (one(), "echo ran >>\"$HOME/ran\"; echo out");
    let host = lab.host(0);
    let ran = || std::fs::read_to_string(host.home().join("ran")).unwrap_or_default();
    host.fault(Fault::DropBeforeExec);
    let out = ssh(&lab, host, file, b"");
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(255), ""));
    assert_eq!((host.execs(), ran()), (0, String::new()));

    host.fault(Fault::DropAtExec);
    let out = ssh(&lab, host, file, b"");
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(255), ""));
    wait_for("the command's file", || ran() == "ran\n");
    assert_eq!(host.execs(), 1);

    let out = ssh(&lab, host, file, b"");
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(0), "out\n"));
    assert_eq!(ran(), "ran\nran\n");
}

#[test]
fn input_is_cut_after_the_byte_asked_for() {
    let lab = one();
    let host = lab.host(0);
    for n in [0_u64, 7, 40_000] {
        host.fault(Fault::DropStdin(n));
        let out = ssh(&lab, host, "cat >\"$HOME/in.part\"; mv in.part in", &vec![b'x'; 100_000]);
        assert_eq!(out.status.code(), Some(255));
        let file = host.home().join("in");
        wait_for("the input's file", || file.exists());
        assert_eq!(std::fs::metadata(&file).unwrap().len(), n);
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn after_a_cut_the_silent_run_on_and_the_chatty_die_of_sigpipe() {
    let lab = one();
    let host = lab.host(0);
    let silent = begin(&lab, host, &[], &["echo on; sleep 0.5; echo done >silent"]);
    let chatty = begin(
        &lab,
        host,
        &[],
        &[
            "trap 'echo $? >chatty' EXIT; for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done; echo end >end",
        ],
    );
    let detached = begin(&lab, host, &[], &["setsid -f sh -c 'sleep 0.5; echo done >detached'"]);
    wait_for("three commands", || host.execs() == 3);
    std::thread::park_timeout(Duration::from_millis(100));
    host.fault(Fault::DropNow);
    for child in [silent, chatty, detached] {
        let (code, ..) = end(child);
        assert!(matches!(code, Some(255 | 0)));
    }
    let there = |name: &str| host.home().join(name).exists();
    wait_for("the silent command's end", || there("silent"));
    wait_for("the detached job's end", || there("detached"));
    std::thread::park_timeout(Duration::from_millis(1_200));
    assert!(!there("end"), "a command that prints to nobody is ended");
}

#[test]
fn the_eleventh_session_of_a_connection_is_refused() {
    let lab = one();
    let host = lab.host(0);
    let socket = lab.dir().join("m");
    let path = socket.display().to_string();
    let master = begin(&lab, host, &["-M", "-S", &path, "-N"], &[]);
    wait_for("the master's socket", || socket.exists());
    let through = ["-S", path.as_str()];
    let hold: Vec<Child> =
        (0..10).map(|_| begin(&lab, host, &through, &["cat go 2>/dev/null; sleep 30"])).collect();
    wait_for("ten sessions", || host.execs() == 10);
    // The client then opens a connection of its own.
    let (code, out, _) = end(begin(&lab, host, &through, &["echo eleventh"]));
    assert_eq!((code, out.as_str()), (Some(0), "eleventh\n"));
    assert_eq!((host.refused_sessions(), host.connections()), (1, 2));
    for mut child in hold.into_iter().chain([master]) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    host.fault(Fault::MaxSessions(0));
    let (code, _, err) = end(begin(&lab, host, &[], &["true"]));
    assert_eq!(code, Some(255));
    assert_eq!(host.refused_sessions(), 2, "{err}");
}

#[test]
fn connections_fail_the_way_they_are_told_to() {
    let lab = one();
    let host = lab.host(0);
    let fails = |fault: Fault, words: &str| {
        host.fault(fault);
        let (code, _, err) = end(begin(&lab, host, &["-o", "ConnectTimeout=2"], &["true"]));
        assert_eq!(code, Some(255));
        assert!(err.contains(words), "{fault:?}: {err}");
        host.clear();
    };
    fails(Fault::WrongHostKey, "Host key verification failed");
    fails(Fault::AuthRefuse, "Permission denied (publickey)");
    fails(Fault::KexReset(1), "kex_exchange_identification");
    fails(Fault::Refuse, "Connection refused");
    fails(Fault::RefuseNew, "Connection refused");
    fails(Fault::BlackHole, "timed out");
    wait_for("the host to listen again", || ssh(&lab, host, "true", b"").status.success());
    host.fault(Fault::KexReset(2));
    let codes: Vec<_> = (0..3).map(|_| ssh(&lab, host, "true", b"").status.code()).collect();
    assert_eq!(codes, [Some(255), Some(255), Some(0)]);
}

#[test]
fn a_black_hole_is_noticed_by_keepalives_and_ends_when_cleared() {
    let lab = one();
    let host = lab.host(0);
    let alive = ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2"];
    let held = begin(&lab, host, &alive, &["sleep 30"]);
    let waits = begin(&lab, host, &[], &["sleep 1; echo back"]);
    wait_for("two commands", || host.execs() == 2);
    let begun = Instant::now();
    host.fault(Fault::BlackHole);
    let (code, _, err) = end(held);
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(code, Some(255));
    assert!(err.contains("not responding"), "{err}");
    assert!((1.5..8.0).contains(&took), "noticed after {took:.1} s");
    host.clear();
    let (code, out, _) = end(waits);
    assert_eq!((code, out.as_str()), (Some(0), "back\n"));
}

#[test]
fn a_slow_host_answers_late_and_in_full() {
    let lab = one();
    let host = lab.host(0);
    let quick = Instant::now();
    assert!(ssh(&lab, host, "true", b"").status.success());
    let quick = quick.elapsed();
    host.fault(Fault::Slow(150));
    let begun = Instant::now();
    let out = ssh(&lab, host, "head -c 50000 /dev/zero", b"");
    let took = begun.elapsed();
    assert_eq!(out.stdout.len(), 50_000);
    assert!(took > quick + Duration::from_millis(600), "{took:?} after {quick:?}");
}

#[test]
fn the_end_of_a_lab_ends_its_jobs_and_removes_its_folder() {
    let lab = one();
    let out = ssh(&lab, lab.host(0), "setsid -f sleep 300 >/dev/null 2>&1; echo $HOME", b"");
    assert!(out.status.success());
    let mark = lab.mark();
    let dir = lab.dir().to_owned();
    assert_eq!(crate::lab::processes::with_environment(&mark).len(), 1);
    drop(lab);
    assert_eq!(crate::lab::processes::with_environment(&mark).len(), 0);
    assert!(!dir.exists());
}
