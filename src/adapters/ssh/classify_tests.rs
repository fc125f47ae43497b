//! The real texts of ssh and sshd, and what each is taken for.

use super::*;
use crate::domain::connection::Become;

fn to() -> Connection {
    Connection {
        host: "web-1".parse().unwrap(),
        address: "10.0.0.7".parse().unwrap(),
        port: Some(2222),
        user: Some("deploy".parse().unwrap()),
        identity: None,
        jump: Vec::new(),
        become_root: Become::Root,
        known_hosts: None,
    }
}

#[test]
fn the_clients_real_texts_mean_what_they_mean() {
    let changed = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
        The fingerprint for the ED25519 key sent by the remote host is\nSHA256:BJpI/CvVFIdQ5EzqGgcCf5FkYyQMUG6Kzgsxu9O2lCg.\n\
        Offending ED25519 key in /s/known_hosts:3\nHost key for [10.0.0.7]:2222 has changed and you have requested strict checking.\nHost key verification failed.";
    for (text, kind) in [
        ("ssh: connect to host 10.0.0.7 port 2222: Connection refused", Kind::Connect),
        ("ssh: connect to host 10.0.0.7 port 22: No route to host", Kind::Connect),
        ("ssh: connect to host 10.0.0.7 port 22: Network is unreachable", Kind::Connect),
        ("ssh: connect to host 10.0.0.7 port 22: Permission denied", Kind::Connect),
        ("ssh: Could not resolve hostname nope: Name or service not known", Kind::Connect),
        ("ssh: connect to host 10.0.0.7 port 22: Connection timed out", Kind::Timeout),
        ("Connection timed out during banner exchange", Kind::Timeout),
        ("Timeout, server 10.0.0.7 not responding.", Kind::Timeout),
        ("kex_exchange_identification: Connection closed by remote host", Kind::Busy),
        (
            "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 10.0.0.7 port 2222",
            Kind::Busy,
        ),
        ("Connection closed by UNKNOWN port 65535", Kind::Busy),
        ("Not allowed at this time", Kind::Busy),
        ("Exceeded MaxStartups", Kind::Busy),
        (
            "channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\nkex_exchange_identification: Connection closed by remote host",
            Kind::Connect,
        ),
        (
            "mux_client_request_stdio_fwd: stdio forwarding request failed: Session open refused by peer\nkex_exchange_identification: Connection closed by remote host",
            Kind::Connect,
        ),
        (
            "channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed",
            Kind::Connect,
        ),
        ("deploy@10.0.0.7: Permission denied (publickey).", Kind::Auth),
        (
            "Load key \"/k\": bad permissions\r\ndeploy@10.0.0.7: Permission denied (publickey,password).",
            Kind::Auth,
        ),
        (
            "Received disconnect from 10.0.0.7 port 22:2: Too many authentication failures\nDisconnected from 10.0.0.7 port 22",
            Kind::Auth,
        ),
        (
            "No ED25519 host key is known for [10.0.0.7]:2222 and you have requested strict checking.\nHost key verification failed.",
            Kind::HostKey,
        ),
        (changed, Kind::HostKey),
        ("/c/1.conf: line 3: Bad configuration option: nope", Kind::Local),
        ("unix_listener: path \"/very/long\" too long for Unix domain socket", Kind::Local),
        (
            "Unable to negotiate with 10.0.0.7 port 22: no matching host key type found. Their offer: ssh-rsa",
            Kind::Protocol,
        ),
        ("something that nobody has seen", Kind::Connect),
        ("", Kind::Connect),
    ] {
        assert_eq!(connect(&to(), text, "/s/known_hosts").kind, kind, "{text}");
    }
}

#[test]
fn an_unknown_host_key_says_what_to_compare_and_where_to_add_it() {
    let text = "No ED25519 host key is known for [10.0.0.7]:2222 and you have requested strict checking.\nHost key verification failed.";
    let error = connect(&to(), text, "/s/known_hosts");
    assert_eq!(
        error.to_string(),
        "web-1: the host key of deploy@10.0.0.7 port 2222 is not known; no command was sent (get it with \
         `ssh-keyscan -p 2222 10.0.0.7`, compare it with `ssh-keygen -lf \
         /etc/ssh/ssh_host_ed25519_key.pub` on the host's console, then add the line to /s/known_hosts)"
    );
}

#[test]
fn a_changed_host_key_names_the_key_that_was_sent_and_the_line_that_is_known() {
    let text = "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nThe fingerprint for the ED25519 key sent by the remote host is\nSHA256:abc.\n\
        Offending ED25519 key in /s/known_hosts:3\nHost key verification failed.";
    let error = connect(&to(), text, "/s/known_hosts");
    assert_eq!(
        error.message.as_str(),
        "the host key of deploy@10.0.0.7 port 2222 has changed, it sent SHA256:abc, known is ED25519 key in \
         /s/known_hosts:3; no command was sent"
    );
    assert!(
        error.hint.unwrap().as_str().contains("ssh-keygen -R '[10.0.0.7]:2222' -f /s/known_hosts")
    );
}

#[test]
fn errors_are_lines_and_carry_no_control_sequences() {
    let error = connect(&to(), "ssh: \u{1b}[31mevil\u{7}: Connection refused", "/s/known_hosts");
    assert_eq!(
        error.message.as_str(),
        "cannot connect to deploy@10.0.0.7 port 2222: evil: Connection refused"
    );
}

#[test]
fn the_cause_stands_before_the_address_which_stands_there_once() {
    for (log, said) in [
        (
            "ssh: connect to host 10.0.0.7 port 2222: Connection refused",
            "Connection refused, connecting to deploy@10.0.0.7 port 2222",
        ),
        (
            "ssh: connect to host 10.0.0.70 port 22: No route to host",
            "cannot connect to deploy@10.0.0.7 port 2222: connect to host 10.0.0.70 port 22: No route to host",
        ),
        (
            "ssh: connect to host 10.0.0.7 port x: No route to host",
            "cannot connect to deploy@10.0.0.7 port 2222: connect to host 10.0.0.7 port x: No route to host",
        ),
    ] {
        assert_eq!(connect(&to(), log, "/s/known_hosts").message.as_str(), said);
    }
}

#[test]
fn a_session_that_is_refused_is_not_a_lost_connection() {
    for (text, kind) in [
        ("Server refused the request: Session open refused by peer", Kind::Busy),
        ("Too many open files (os error 24)", Kind::Local),
        ("Broken pipe (os error 32)", Kind::Disconnected),
    ] {
        assert_eq!(session(&to(), text).kind, kind, "{text}");
    }
}

#[test]
fn sudo_says_why_and_what_to_do() {
    for (exit, text, message) in [
        (1, "sudo: a password is required\n", "sudo: a password is required"),
        (
            1,
            "sudo: a terminal is required to read the password; either use ssh's -t option\nsudo: a password is required\n",
            "sudo: a terminal is required to read the password; either use ssh's -t option",
        ),
        (1, "deploy is not in the sudoers file.\n", "deploy is not in the sudoers file."),
        (127, "/bin/sh: 1: sudo: not found\n", "/bin/sh: 1: sudo: not found"),
        (1, "", "it said nothing"),
    ] {
        let error = sudo(&to(), exit, text.as_bytes());
        assert_eq!(error.kind, Kind::Sudo);
        assert_eq!(
            error.message.as_str(),
            format!("cannot become root on deploy@10.0.0.7 port 2222 as deploy: {message}")
        );
        assert!(error.hint.unwrap().as_str().contains("`ansible_become: false`"));
    }
}
