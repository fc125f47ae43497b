//! The pool of connections against paper hosts, with the real OpenSSH client in between.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bunker_ops::adapters::ssh::{SshPool, SshSettings};
use bunker_ops::domain::connection::{Become, Connection, JumpHost};
use bunker_ops::domain::remote::{RemoteError, RemoteErrorKind as Kind};
use bunker_ops::engine::ports::RemoteRead;
use tempfile::TempDir;

use crate::lab::{Fault, Lab, Options};

pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A pool with folders of its own.
pub(crate) struct Pool {
    pub(crate) pool: Arc<SshPool>,
    pub(crate) dir: TempDir,
}

impl Pool {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("bo").tempdir_in("/tmp").unwrap();
        let settings = SshSettings {
            known_hosts: dir.path().join("known_hosts"),
            control: dir.path().join("c"),
        };
        Self { pool: SshPool::open(settings).unwrap(), dir }
    }

    async fn sh(&self, to: &Connection, script: &str) -> Result<String, RemoteError> {
        let out = self.pool.read(to, script, DEADLINE).await?;
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    }
}

fn kind(result: &Result<String, RemoteError>) -> Kind {
    result.as_ref().unwrap_err().kind
}

#[tokio::test]
async fn a_read_gives_both_streams_and_the_exit_code_and_keeps_the_connection() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let (host, pool) = (lab.host(0), Pool::new());
    let to = host.connection();
    for (script, stdout, stderr, exit) in [
        ("echo out; echo err >&2; exit 7", "out\n", "err\n", 7),
        ("printf 'it'\\''s'; exit 127", "it's", "", 127),
        ("exit 255", "", "", 255),
        ("kill -9 $$", "", "Killed\n", 137),
        ("cat; id -u >/dev/null", "", "", 0),
    ] {
        let out = pool.pool.read(&to, script, DEADLINE).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stdout), stdout, "{script}");
        assert_eq!(String::from_utf8_lossy(&out.stderr), stderr, "{script}");
        assert_eq!(out.exit, exit, "{script}");
    }
    assert_eq!(host.connections(), 1);
    assert_eq!(pool.pool.n_open(), 1);
    let commands = host.commands();
    assert!(
        commands.iter().all(|line| line == "exec /bin/sh -c 'eval \"$(cat)\"'"),
        "{commands:?}"
    );
    assert_eq!(pool.pool.close().await, 0);
}

#[tokio::test]
async fn fifty_reads_at_once_share_one_connection_and_never_more_than_eight_sessions() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let (host, pool) = (lab.host(0), Pool::new());
    host.fault(Fault::MaxSessions(8));
    let to = host.connection();
    let reads = (0..50).map(|n| {
        let (pool, to) = (&pool, &to);
        async move { pool.sh(to, &format!("sleep 0.05; echo {n}")).await }
    });
    for (n, out) in futures_util::future::join_all(reads).await.into_iter().enumerate() {
        assert_eq!(out.unwrap(), format!("{n}\n"));
    }
    assert_eq!((host.connections(), host.execs(), host.refused_sessions()), (1, 50, 0));
}

#[tokio::test]
async fn a_refused_key_is_tried_exactly_once() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let (host, pool) = (lab.host(0), Pool::new());
    host.fault(Fault::AuthRefuse);
    let to = host.connection();
    for _ in 0..3 {
        let refused = pool.sh(&to, "echo hi").await;
        assert_eq!(kind(&refused), Kind::Auth, "{refused:?}");
        assert!(refused.unwrap_err().message.as_str().contains("Permission denied (publickey)"));
    }
    assert_eq!((host.connections(), host.execs()), (1, 0));
    host.clear();
    pool.pool.forget_refusals();
    assert_eq!(pool.sh(&to, "echo hi").await.unwrap(), "hi\n");
    assert_eq!(host.connections(), 2);
}

#[tokio::test]
async fn a_changed_or_unknown_host_key_gets_no_command() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let (host, pool) = (lab.host(0), Pool::new());
    host.fault(Fault::WrongHostKey);
    let changed = pool.sh(&host.connection(), "echo hi").await;
    assert_eq!(kind(&changed), Kind::HostKey);
    let changed = changed.unwrap_err();
    assert!(changed.message.as_str().contains("has changed, it sent SHA256:"), "{changed}");
    assert!(changed.message.as_str().contains(", known is SHA256:"), "both are named: {changed}");
    assert!(changed.hint.unwrap().as_str().contains("ssh-keygen -R '["), "{}", changed.message);
    host.clear();
    let unknown = Connection { known_hosts: None, ..host.connection() };
    let refused = pool.sh(&unknown, "echo hi").await;
    assert_eq!(kind(&refused), Kind::HostKey);
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("is not known; no command was sent"), "{text}");
    assert!(
        text.contains(&format!("ssh-keyscan -p {} {}", host.ssh_port(), host.address())),
        "{text}"
    );
    assert_eq!(host.execs(), 0);
    // Adding the line cures it at once, without a word to the program.
    let known = host.connection().known_hosts.unwrap();
    std::fs::copy(known, pool.dir.path().join("known_hosts")).unwrap();
    assert_eq!(pool.sh(&unknown, "echo hi").await.unwrap(), "hi\n");
}

#[tokio::test]
async fn a_server_that_turns_us_away_is_tried_once_more_after_a_while() {
    let lab = Lab::start(2, Options::bare()).unwrap();
    let pool = Pool::new();
    lab.host(0).fault(Fault::KexReset(1));
    assert_eq!(pool.sh(&lab.host(0).connection(), "echo hi").await.unwrap(), "hi\n");
    assert_eq!(lab.host(0).connections(), 2);
    lab.host(1).fault(Fault::KexReset(u64::MAX));
    let busy = pool.sh(&lab.host(1).connection(), "echo hi").await;
    assert_eq!(kind(&busy), Kind::Busy, "{busy:?}");
    assert_eq!(lab.host(1).connections(), 2);
}

#[tokio::test]
async fn a_host_that_is_down_is_a_connect_error_and_comes_back() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let (host, pool) = (lab.host(0), Pool::new());
    let to = host.connection();
    assert_eq!(pool.sh(&to, "echo hi").await.unwrap(), "hi\n");
    host.fault(Fault::Refuse);
    let down = pool.sh(&to, "echo hi").await;
    assert_eq!(kind(&down), Kind::Connect, "{down:?}");
    host.clear();
    assert_eq!(pool.sh(&to, "echo hi").await.unwrap(), "hi\n");
    let nowhere = Connection { address: "no-such-host.invalid".parse().unwrap(), ..to };
    let missing = pool.sh(&nowhere, "echo hi").await;
    assert_eq!(kind(&missing), Kind::Connect);
    assert!(missing.unwrap_err().hint.unwrap().as_str().contains("`ansible_host`"));
}

#[tokio::test]
async fn an_answer_that_is_cut_anywhere_is_lost_and_never_half_an_answer() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let (host, pool) = (lab.host(0), Pool::new());
    let to = host.connection();
    // The begin mark is 40 bytes, the output 100, the end mark 39.
    for cut in [0, 1, 39, 40, 41, 139, 140, 141, 150, 178] {
        assert_eq!(pool.sh(&to, "echo warm").await.unwrap(), "warm\n");
        host.fault(Fault::DropAfter(cut));
        let lost = pool.sh(&to, "head -c 100 /dev/zero").await;
        assert_eq!(kind(&lost), Kind::Disconnected, "cut after {cut}: {lost:?}");
        host.clear();
    }
    host.fault(Fault::DropBeforeExec);
    // Nothing had been sent, so this one is replaced without a word.
    assert!(matches!(
        pool.sh(&to, "echo hi").await,
        Ok(_) | Err(RemoteError { kind: Kind::Disconnected, .. })
    ));
    assert_eq!(pool.sh(&to, "head -c 100 /dev/zero | wc -c").await.unwrap().trim(), "100");
}

#[tokio::test]
async fn a_black_hole_is_noticed_within_twenty_seconds_and_costs_the_others_nothing() {
    let lab = Lab::start(2, Options::bare()).unwrap();
    let (hole, other, pool) = (lab.host(0), lab.host(1), Pool::new());
    assert_eq!(pool.sh(&hole.connection(), "echo hi").await.unwrap(), "hi\n");
    hole.fault(Fault::BlackHole);
    let begin = Instant::now();
    let hole_to = hole.connection();
    let lost = pool.pool.read(&hole_to, "echo hi", Duration::from_mins(1));
    let rest = async {
        let mut slowest = Duration::ZERO;
        while begin.elapsed() < Duration::from_secs(10) {
            let before = Instant::now();
            assert_eq!(pool.sh(&other.connection(), "echo hi").await.unwrap(), "hi\n");
            slowest = slowest.max(before.elapsed());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        slowest
    };
    let (lost, slowest) = tokio::join!(
        async {
            let lost = lost.await;
            (lost, begin.elapsed())
        },
        rest
    );
    let (lost, after) = lost;
    let kind = lost.unwrap_err().kind;
    assert!(matches!(kind, Kind::Disconnected | Kind::Timeout), "{kind:?}");
    assert!(after < Duration::from_secs(26), "{after:?}");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    // A short deadline is kept, too.
    let begin = Instant::now();
    let short = pool.pool.read(&hole_to, "echo hi", Duration::from_secs(1)).await;
    assert_eq!(short.unwrap_err().kind, Kind::Timeout);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_command_that_hangs_is_given_up_at_its_deadline_and_ended_on_the_host() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let (host, pool) = (lab.host(0), Pool::new());
    let to = host.connection();
    let pid = host.home().join("pid");
    let script = format!("echo $$ >'{}'; exec sleep 300", pid.display());
    let begin = Instant::now();
    let hung = pool.pool.read(&to, &script, Duration::from_secs(2)).await;
    assert_eq!(hung.unwrap_err().kind, Kind::Timeout);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert_eq!(pool.sh(&to, "echo hi").await.unwrap(), "hi\n");
    let pid: u32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    let gone = async {
        while std::path::Path::new(&format!("/proc/{pid}")).exists() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
}

#[tokio::test]
async fn more_than_eight_megabytes_are_refused() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let (host, pool) = (lab.host(0), Pool::new());
    let to = host.connection();
    let most = pool.pool.read(&to, "head -c 8000000 /dev/zero", DEADLINE).await.unwrap();
    assert_eq!(most.stdout.len(), 8_000_000);
    let more = pool.sh(&to, "head -c 9000000 /dev/zero").await;
    assert_eq!(kind(&more), Kind::Protocol);
    assert!(more.unwrap_err().message.as_str().ends_with("answered with more than 8 MB"));
}

#[tokio::test]
async fn sudo_that_refuses_is_told_apart_from_a_command_that_fails() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let (host, pool) = (lab.host(0), Pool::new());
    let to = Connection { become_root: Become::Root, ..host.connection() };
    let bin = host.dir().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let write = |name: &str, text: &str| {
        let path = bin.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).unwrap();
    };
    write("id", "echo 1000");
    write("sudo", "echo 'sudo: a password is required' >&2; exit 1");
    let refused = pool.sh(&to, "echo never").await;
    assert_eq!(kind(&refused), Kind::Sudo);
    assert!(refused.unwrap_err().message.as_str().ends_with("sudo: a password is required"));
    write("sudo", "[ \"$1 $2\" = '-n --' ] || exit 9; shift 2; exec \"$@\"");
    let out = pool.pool.read(&to, "echo root; exit 1", DEADLINE).await.unwrap();
    assert_eq!((out.stdout.as_slice(), out.exit), (b"root\n".as_slice(), 1));
}

#[tokio::test]
async fn a_jump_host_that_does_not_forward_is_named() {
    let lab = Lab::start(2, Options::bare()).unwrap();
    let pool = Pool::new();
    let jump = lab.host(0).connection();
    let jump = JumpHost { user: jump.user, address: jump.address, port: jump.port };
    let to = Connection { jump: vec![jump], ..lab.host(1).connection() };
    let refused = pool.sh(&to, "echo hi").await;
    assert_eq!(kind(&refused), Kind::Connect, "{refused:?}");
    let text = refused.unwrap_err().to_string();
    let named =
        format!("through the jump host {} (the jump host cannot reach it", lab.host(0).address());
    assert!(text.contains(&named), "{text}");
    assert_eq!((lab.host(0).connections(), lab.host(1).connections()), (1, 0));
}

#[tokio::test]
async fn closing_leaves_no_process_and_no_file() {
    let lab = Lab::start(3, Options::bare()).unwrap();
    let pool = Pool::new();
    for n in 0..3 {
        assert_eq!(pool.sh(&lab.host(n).connection(), "echo hi").await.unwrap(), "hi\n");
    }
    let control = pool.dir.path().join("c");
    let needle = control.display().to_string();
    assert_eq!(clients(&needle), 3);
    assert_eq!(pool.pool.close().await, 0);
    assert_eq!(clients(&needle), 0);
    let Pool { pool, dir } = pool;
    drop(pool);
    assert_eq!(std::fs::read_dir(&control).unwrap().count(), 0);
    drop(dir);
}

#[tokio::test]
async fn a_connection_whose_process_was_killed_is_replaced() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let (host, pool) = (lab.host(0), Pool::new());
    let to = host.connection();
    assert_eq!(pool.sh(&to, "echo hi").await.unwrap(), "hi\n");
    let needle = pool.dir.path().join("c").display().to_string();
    for pid in client_pids(&needle) {
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
    assert_eq!(pool.sh(&to, "echo again").await.unwrap(), "again\n");
    assert_eq!(host.connections(), 2);
}

fn clients(needle: &str) -> usize {
    client_pids(needle).len()
}

/// Processes whose command line names a folder.
fn client_pids(needle: &str) -> Vec<i32> {
    let mut pids = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains(needle) {
            pids.push(pid);
        }
    }
    pids
}

#[tokio::test]
async fn connections_that_a_dead_process_left_are_ended_at_the_start() {
    let lab = Lab::start(1, Options::bare()).unwrap();
    let base = tempfile::Builder::new().prefix("bo").tempdir_in("/tmp").unwrap();
    let control = base.path().join("c");
    let left = control.join("999999999-1-0");
    std::fs::create_dir_all(&left).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&control, mode).unwrap();
    let socket = left.join("0.s");
    let status = std::process::Command::new("ssh")
        .arg("-F")
        .arg(lab.ssh_config())
        .args(["-M", "-N", "-f", "-o", "ControlPersist=60", "-S"])
        .arg(&socket)
        .arg(lab.host(0).name())
        .stderr(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let needle = socket.display().to_string();
    let pids = client_pids(&needle);
    assert_eq!(pids.len(), 1);
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pids[0])).unwrap();
    let start = stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap();
    std::fs::write(left.join("0.pid"), format!("{}-{start}", pids[0])).unwrap();
    let settings =
        SshSettings { known_hosts: base.path().join("known_hosts"), control: control.clone() };
    let pool = SshPool::open(settings).unwrap();
    let gone = async {
        while clients(&needle) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
    assert!(!left.exists());
    drop(pool);
}
