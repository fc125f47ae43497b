//! The paper hosts themselves: what the real OpenSSH client sees of them.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::lab::{Fault, Lab, Options, PaperHost};

pub(crate) fn ssh(lab: &Lab, host: &PaperHost, command: &str, input: &[u8]) -> Output {
    let mut child = Command::new("ssh")
        .arg("-F")
        .arg(lab.ssh_config())
        .arg(host.name())
        .arg(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the OpenSSH client is installed");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || {
        drop(stdin.write_all(&input));
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_command_has_its_streams_its_exit_code_and_its_home() {
    let lab = Lab::start(2, Options::bare()).unwrap();
    let host = lab.host(1);
    let out = ssh(&lab, host, "cat; echo $HOME; pwd; echo wrong >&2; exit 7", b"in\nput\n");
    let home = host.home().display().to_string();
    assert_eq!(text(&out.stdout), format!("in\nput\n{home}\n{home}\n"));
    assert_eq!(text(&out.stderr), "wrong\n");
    assert_eq!(out.status.code(), Some(7));
    assert_eq!(host.execs(), 1);
    assert_eq!(lab.host(0).execs(), 0);
}

#[test]
fn megabytes_go_both_ways() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let input: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let out = ssh(&lab, lab.host(0), "cat", &input);
    assert_eq!(out.stdout.len(), input.len());
    assert!(out.stdout == input);
    assert_eq!(out.status.code(), Some(0));
}

#[test]
fn output_is_cut_after_the_byte_asked_for() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let host = lab.host(0);
    for n in [0, 1, 100, 70_000] {
        host.fault(Fault::DropAfter(n));
        let out = ssh(&lab, host, "head -c 200000 /dev/zero", b"");
        assert_eq!(out.stdout.len() as u64, n);
        assert_eq!(out.status.code(), Some(255));
    }
    let out = ssh(&lab, host, "head -c 200000 /dev/zero", b"");
    assert_eq!(out.stdout.len(), 200_000);
}
