//! The same against a real `sshd` of this machine, run by this user on a loopback port.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bunker_ops::adapters::ssh::SshJobs;
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::connection::{Become, Connection, JumpHost};
use bunker_ops::domain::job::{JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobStep};
use bunker_ops::domain::remote::RemoteErrorKind as Kind;
use bunker_ops::engine::ports::{RemoteJobs, RemoteRead};
use bunker_ops::engine::supervisor::Supervisor;

use crate::capability::missing;
use crate::jobs_drop::Kept;
use crate::lab::{Lab, Options};
use crate::ssh_pool::{DEADLINE, Pool};

/// A running `sshd`; it ends with the value.
struct Sshd {
    program: PathBuf,
    child: Child,
    dir: tempfile::TempDir,
    port: u16,
}

impl Sshd {
    /// Starts one, or says why there is none.
    fn start(test: &str) -> Option<Self> {
        let found = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"].map(PathBuf::from);
        let Some(sshd) = found.into_iter().find(|path| path.exists()) else {
            missing(test, "there is no sshd");
            return None;
        };
        let dir = tempfile::Builder::new().prefix("sd").tempdir_in("/tmp").ok()?;
        for name in ["host", "user"] {
            let key = dir.path().join(name);
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(&key)
                .status();
            assert!(made.is_ok_and(|status| status.success()), "ssh-keygen");
        }
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let text = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             StrictModes no\nPasswordAuthentication no\nLogLevel VERBOSE\nPermitRootLogin yes\nSetEnv HOME={}\n",
            at("host"),
            at("user.pub"),
            dir.path().display()
        );
        std::fs::write(at("config"), text).ok()?;
        if std::fs::metadata("/run").is_ok_and(|run| is_ours(&run)) {
            // Where sshd runs as root, it wants this empty folder, which the service would make.
            drop(std::fs::create_dir("/run/sshd"));
        }
        let child = serve(&sshd, dir.path())?;
        let host_key = std::fs::read_to_string(at("host.pub")).ok()?;
        std::fs::write(at("known_hosts"), format!("[127.0.0.1]:{port} {host_key}")).ok()?;
        let server = Self { program: sshd, child, dir, port };
        server.wait(test)
    }

    fn wait(mut self, test: &str) -> Option<Self> {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(20) {
            if self.log().contains("Server listening") {
                return Some(self);
            }
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        missing(test, &format!("sshd does not run here: {}", self.log().trim()));
        None
    }

    /// Ends the server and starts it anew, as an update of the package does: its sessions are processes of their own,
    /// and stay.
    fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let n_before = self.log().matches("Server listening").count();
        self.child = serve(&self.program, self.dir.path()).unwrap();
        let begin = Instant::now();
        while self.log().matches("Server listening").count() == n_before {
            assert!(begin.elapsed() < Duration::from_secs(20), "{}", self.log());
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn connection(&self) -> Option<Connection> {
        let user = Command::new("id").arg("-un").output().ok()?;
        Some(Connection {
            host: "real-sshd".parse().ok()?,
            address: "127.0.0.1".parse().ok()?,
            port: Some(self.port),
            user: String::from_utf8_lossy(&user.stdout).trim().parse().ok(),
            identity: Some(self.path("user").display().to_string()),
            jump: Vec::new(),
            become_root: Become::LoginUser,
            known_hosts: Some(self.path("known_hosts").display().to_string()),
        })
    }

    /// How many keys it accepted: one for each connection.
    fn logins(&self) -> usize {
        self.log().matches("Accepted publickey").count()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn serve(sshd: &Path, dir: &Path) -> Option<Child> {
    let at = |name: &str| dir.join(name).display().to_string();
    Command::new(sshd)
        .args(["-D", "-f", &at("config"), "-E", &at("log")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()
}

fn is_ours(found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    found.uid() == rustix::process::geteuid().as_raw()
}

#[tokio::test]
async fn sixty_reads_at_once_need_one_login_and_no_session_is_refused() {
    let Some(sshd) = Sshd::start("ssh_sshd::sixty_reads") else { return };
    let (pool, to) = (Pool::new(), sshd.connection().unwrap());
    let reads = (0..60).map(|n| {
        let (pool, to) = (&pool.pool, &to);
        async move { pool.read(to, &format!("echo {n}; exit {n}"), DEADLINE).await }
    });
    for (n, out) in futures_util::future::join_all(reads).await.into_iter().enumerate() {
        let out = out.unwrap();
        assert_eq!(
            (out.stdout, out.exit),
            (format!("{n}\n").into_bytes(), i32::try_from(n).unwrap())
        );
    }
    assert_eq!(sshd.logins(), 1, "{}", sshd.log());
    assert!(!sshd.log().contains("no more sessions"), "{}", sshd.log());
}

#[tokio::test]
async fn a_wrong_key_costs_the_server_one_attempt() {
    let Some(sshd) = Sshd::start("ssh_sshd::a_wrong_key") else { return };
    let (pool, to) = (Pool::new(), sshd.connection().unwrap());
    let wrong = sshd.path("host").display().to_string();
    let to = Connection { identity: Some(wrong), ..to };
    for _ in 0..3 {
        let refused = pool.pool.read(&to, "echo hi", DEADLINE).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Auth, "{refused}");
    }
    assert_eq!(sshd.log().matches("Connection from").count(), 1, "{}", sshd.log());
}

#[tokio::test]
async fn twenty_cold_hosts_behind_one_jump_host_lose_none() {
    let Some(sshd) = Sshd::start("ssh_sshd::twenty_cold_hosts") else { return };
    let lab = Lab::start(20, Options::bare()).unwrap();
    let pool = Pool::new();
    let there = sshd.connection().unwrap();
    let jump = JumpHost { user: there.user, address: there.address, port: there.port };
    let known = pool.dir.path().join("known_hosts");
    std::fs::copy(sshd.path("known_hosts"), known).unwrap();
    // The jump host takes the key of the host behind it.
    let user = std::fs::read_to_string(lab_key(&lab)).unwrap();
    std::fs::write(sshd.path("user.pub"), user).unwrap();
    let reads = (0..20).map(|n| {
        let to = Connection { jump: vec![jump.clone()], ..lab.host(n).connection() };
        let pool = &pool.pool;
        async move { pool.read(&to, &format!("echo {n}"), Duration::from_mins(1)).await }
    });
    for (n, out) in futures_util::future::join_all(reads).await.into_iter().enumerate() {
        assert_eq!(out.unwrap().stdout, format!("{n}\n").into_bytes());
        assert_eq!(lab.host(n).connections(), 1);
    }
    assert_eq!(sshd.logins(), 1);
    // A host behind it that is down does not look like one that is busy.
    let nowhere = "127.0.0.1".parse().unwrap();
    let down = Connection { jump: vec![jump], port: Some(1), ..lab.host(0).connection() };
    let down = Connection { address: nowhere, ..down };
    let refused = pool.pool.read(&down, "echo hi", DEADLINE).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Connect, "{refused}");
}

/// The public half of the key that the lab's hosts accept.
fn lab_key(lab: &Lab) -> PathBuf {
    let private = lab.host(0).connection().identity.unwrap();
    let public = Path::new(&private).with_extension("pub");
    if !public.exists() {
        let out = Command::new("ssh-keygen").args(["-y", "-f", &private]).output().unwrap();
        std::fs::write(&public, out.stdout).unwrap();
    }
    public
}

#[tokio::test]
async fn a_job_survives_its_session_being_killed() {
    let Some(sshd) = Sshd::start("ssh_sshd::a_job_survives") else { return };
    let (pool, to) = (Pool::new(), sshd.connection().unwrap());
    let jobs = SshJobs::new(Arc::clone(&pool.pool), &Operate::grant());
    let script = "i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i + 1)); sleep 0.05; done";
    let spec = JobSpec {
        job: JobRef {
            run: "261122-221405-7f3a".parse().unwrap(),
            instance: "real-sshd".parse().unwrap(),
            seq: 1,
        },
        nonce: "00112233445566778899aabbccddeeff".into(),
        fence: None,
        steps: vec![JobStep {
            id: "one".parse().unwrap(),
            script: script.into(),
            timeout_s: 60,
            inputs: Vec::new(),
            new_login: false,
        }],
    };
    assert_eq!(jobs.start_job(&to, &spec, &JobInputs::default()).await, Ok(JobStart::Started));
    let mut kept = Kept::default();
    let (end, n_lost) = {
        let mut n_lost = 0;
        loop {
            let offset = kept.0.len() as u64;
            let follow = jobs.follow_job(&to, &spec.job, offset, &mut kept);
            let cut = async {
                tokio::time::sleep(Duration::from_millis(700)).await;
                if n_lost == 0 {
                    kill_sessions(sshd.child.id());
                }
                std::future::pending::<()>().await;
            };
            let found = tokio::select! { found = follow => found, () = cut => continue };
            match found {
                Ok(end) => break (end, n_lost),
                Err(error) => {
                    assert!(error.kind.is_transient(), "{error}");
                    n_lost += 1;
                }
            }
            assert!(n_lost < 5);
        }
    };
    assert_eq!((end, n_lost), (JobEnd::Exited(0), 1));
    let log = sshd.path(".local/state/bunker/ops/261122-221405-7f3a/real-sshd/1/log");
    assert_eq!(std::fs::read(log).unwrap(), kept.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_sshd_is_not_noticed_by_what_runs_and_new_connections_come_in() {
    let Some(mut sshd) = Sshd::start("ssh_sshd::a_restart_of_sshd") else { return };
    let (pool, to) = (Pool::new(), sshd.connection().unwrap());
    let fifo = sshd.path("go");
    let script = format!("echo before; read -r go < '{}'; echo \"after $go\"", fifo.display());
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let read = pool.pool.read(&to, &script, DEADLINE);
    let supervisor = Supervisor::new();
    let restart = async {
        // The script has the pipe open for reading: it runs, over a session of the old server.
        let open = move || std::fs::OpenOptions::new().write(true).open(fifo).unwrap();
        let mut pipe = supervisor.spawn_blocking("pipe", open).join().await.unwrap();
        tokio::task::block_in_place(|| sshd.restart());
        std::io::Write::write_all(&mut pipe, b"the restart\n").unwrap();
    };
    let (out, ()) = tokio::join!(read, restart);
    assert_eq!(out.unwrap().stdout, b"before\nafter the restart\n");
    let other = Pool::new();
    assert_eq!(other.pool.read(&to, "echo new", DEADLINE).await.unwrap().stdout, b"new\n");
}

#[tokio::test]
async fn a_job_that_asks_for_it_comes_by_a_new_login_and_what_runs_goes_on() {
    let Some(mut sshd) = Sshd::start("ssh_sshd::a_job_that_asks_for_it") else { return };
    let (pool, to) = (Pool::new(), sshd.connection().unwrap());
    let jobs = SshJobs::new(Arc::clone(&pool.pool), &Operate::grant());
    let spec = |seq, new_login| JobSpec {
        job: JobRef {
            run: "261122-221405-7f3a".parse().unwrap(),
            instance: "real-sshd".parse().unwrap(),
            seq,
        },
        fence: None,
        nonce: "00112233445566778899aabbccddeeff".into(),
        steps: vec![JobStep {
            id: "one".parse().unwrap(),
            script: "true".into(),
            timeout_s: 60,
            inputs: Vec::new(),
            new_login,
        }],
    };
    let none = JobInputs::default();
    for seq in [1, 2] {
        assert_eq!(jobs.start_job(&to, &spec(seq, false), &none).await, Ok(JobStart::Started));
    }
    assert_eq!(sshd.logins(), 1, "{}", sshd.log());
    let going_on = pool.pool.read(&to, "sleep 1; echo went on", DEADLINE);
    let third = spec(3, true);
    let (going_on, started) = tokio::join!(going_on, jobs.start_job(&to, &third, &none));
    assert_eq!(started, Ok(JobStart::Started));
    assert_eq!(going_on.unwrap().stdout, b"went on\n");
    assert_eq!(sshd.logins(), 2, "{}", sshd.log());
    pool.pool.read(&to, "true", DEADLINE).await.unwrap();
    assert_eq!(sshd.logins(), 2, "later commands use the new one");
    // Nobody is let in any more: the connection that is open is no answer to that.
    sshd.child.kill().unwrap();
    sshd.child.wait().unwrap();
    pool.pool.read(&to, "true", DEADLINE).await.unwrap();
    let refused = jobs.start_job(&to, &spec(4, true), &none).await.unwrap_err();
    assert!(refused.kind.is_unreachable(), "{refused}");
}

/// Kills the processes that the server made for its sessions; the server itself stays.
fn kill_sessions(server: u32) {
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
        if parent.is_some_and(|parent| parent == server.to_string()) {
            let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
                // It may have ended by itself.
                _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
    }
}
