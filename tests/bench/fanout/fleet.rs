//! The hosts: those of the lab, with the real `sshd` in front of each.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddrV4;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bunker_ops::adapters::ansible::playbook::NoPlaybooks;
use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::adapters::env_template::TemplateFiles;
use bunker_ops::adapters::git::Mirrors;
use bunker_ops::adapters::hooks::HookFiles;
use bunker_ops::adapters::inventory;
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::ssh::{SshPool, SshSettings};
use bunker_ops::adapters::store::StoreReader;
use bunker_ops::adapters::vault::NoVault;
use bunker_ops::adapters::victoria::Victoria;
use bunker_ops::domain::plan::strategy::Asked;
use bunker_ops::domain::plan::{Plan, What, Wish};
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::engine::planner::{self, PlanPorts};

use super::delay;
use crate::lab::processes::pause;
use crate::lab::{Lab, Options, PaperHost};

/// The port of the real `sshd` on each address, and that of the proxy in front of it.
const DIRECT: u16 = 2322;
const DELAYED: u16 = 2422;
/// Where the upgrade goes.
const TO: &str = "v2.5.0";
/// What a host's folder is made anew from before each round.
const STATE: [&str; 3] = ["srv", "docker", "home"];

/// Fifty hosts or so. Dropping it ends their servers.
pub(crate) struct Fleet {
    pub(crate) lab: Lab,
    servers: Vec<Child>,
    runtime: tokio::runtime::Runtime,
    own: tempfile::TempDir,
    port: u16,
}

impl Fleet {
    /// Starts them; `None` where there is no `sshd`.
    pub(crate) fn start(n: usize, rtt: Duration) -> Option<Self> {
        let found = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"].map(PathBuf::from);
        let sshd = found.into_iter().find(|path| path.exists())?;
        let mut options = Options::instances();
        options.build_seconds = 0.0;
        let policy = ["bunker_serial: 100%", "bunker_parallel: 100", "bunker_min_healthy_s: 0"];
        let options = policy.iter().fold(options, |options, line| options.with_policy(line));
        let lab = Lab::start(n, options).unwrap();
        // What sshd wants where it runs as root, and the service would make.
        drop(fs::create_dir("/run/sshd"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let own = tempfile::Builder::new().prefix("bf").tempdir_in("/tmp").unwrap();
        let port = if rtt.is_zero() { DIRECT } else { DELAYED };
        let mut fleet = Self { lab, servers: Vec::new(), runtime, own, port };
        fleet.put_public_key();
        let mut known = String::new();
        for host in fleet.lab.hosts() {
            let server = serve(&sshd, host, fleet.own.path(), &fleet.lab.mark().to_string_lossy());
            fleet.servers.push(server.0);
            _ = writeln!(known, "[{}]:{port} {}", host.address(), server.1);
            if !rtt.is_zero() {
                let at = |port| SocketAddrV4::new(host.address(), port);
                fleet.runtime.spawn(delay::proxy(at(DELAYED), at(DIRECT), rtt));
            }
        }
        fs::write(fleet.path("known_hosts"), known).unwrap();
        fleet.write_connection();
        fleet.wait_until_they_answer();
        fleet.keep_state();
        Some(fleet)
    }

    /// A path of the bench's own folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.own.path().join(name)
    }

    fn put_public_key(&self) {
        let key = self.lab.dir().join("client_key");
        let out = Command::new("ssh-keygen").arg("-y").arg("-f").arg(&key).output().unwrap();
        assert!(out.status.success(), "ssh-keygen");
        fs::write(self.path("authorized_keys"), out.stdout).unwrap();
    }

    fn write_connection(&self) {
        let text = format!(
            "---\nansible_port: {}\nansible_user: {}\nansible_become: false\n\
             ansible_ssh_private_key_file: {}/client_key\nbunker_known_hosts: {}\n",
            self.port,
            user(),
            self.lab.dir().display(),
            self.path("known_hosts").display()
        );
        let file = self.lab.inventory_dir().join("group_vars/all/connection.yml");
        fs::write(file, text).unwrap();
    }

    /// How often an open cockpit looks at each host; `None` is as often as it does by itself.
    pub(crate) fn look_every(&self, interval: Option<Duration>) {
        let file = self.lab.inventory_dir().join("group_vars/all/looks.yml");
        match interval {
            Some(interval) => {
                let text = format!("---\nbunker_probe_interval_s: {}\n", interval.as_secs());
                fs::write(file, text).unwrap();
            }
            None => fs::remove_file(file).unwrap(),
        }
    }

    /// Arguments of `ssh` to a host.
    pub(crate) fn ssh(&self, host: &PaperHost) -> Vec<String> {
        let known = format!("UserKnownHostsFile={}", self.path("known_hosts").display());
        let key = self.lab.dir().join("client_key").display().to_string();
        let port = self.port.to_string();
        let mut args: Vec<String> =
            ["-F", "/dev/null", "-o", "BatchMode=yes", "-o"].map(str::to_owned).into();
        args.extend([known, "-i".into(), key, "-p".into(), port]);
        args.push(format!("{}@{}", user(), host.address()));
        args
    }

    fn wait_until_they_answer(&self) {
        let until = Instant::now() + Duration::from_mins(1);
        for host in self.lab.hosts() {
            while std::net::TcpStream::connect((host.address(), self.port)).is_err() {
                assert!(Instant::now() < until, "sshd of {} does not answer", host.name());
                pause(Duration::from_millis(20));
            }
        }
    }

    fn keep_state(&self) {
        for host in self.lab.hosts() {
            let kept = self.lab.dir().join("kept").join(host.name());
            fs::create_dir_all(&kept).unwrap();
            copy(host.dir(), &kept);
        }
    }

    /// Brings all hosts back to where they began.
    pub(crate) fn reset(&self) {
        for host in self.lab.hosts() {
            for name in STATE {
                fs::remove_dir_all(host.dir().join(name)).unwrap();
            }
            copy(&self.lab.dir().join("kept").join(host.name()), host.dir());
        }
    }

    /// The plan of the upgrade, as the program makes it.
    pub(crate) fn plan(&self) -> Plan {
        let loaded = inventory::load(&self.lab.inventory_dir());
        let fleet = loaded.fleet.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
        let settings = SshSettings { known_hosts: self.path("own_hosts"), control: self.path("c") };
        self.runtime.block_on(async {
            let pool = SshPool::open(settings).unwrap();
            let past = StoreReader::open(&StateDir::at(self.path("past")), Arc::new(SystemClock));
            let ports = PlanPorts {
                remote: Arc::<SshPool>::clone(&pool),
                repository: Arc::new(Mirrors::below(self.path("repos"))),
                secrets: Arc::new(NoVault),
                templates: Arc::new(TemplateFiles),
                playbooks: Arc::new(NoPlaybooks),
                past: Arc::new(past.unwrap()),
                hooks: Arc::new(HookFiles),
                metrics: Arc::new(Victoria::new()),
                inventory: self.lab.inventory_dir(),
                clock: Arc::new(SystemClock),
            };
            let hosts = fleet.hosts.iter().map(|host| host.id.clone()).collect();
            let what = What::Upgrade { reference: Some(TO.parse().unwrap()) };
            let wish = Wish { hosts, what, asked: Asked::default() };
            let plan = planner::plan(&ports, &fleet, &wish, &operator()).await.unwrap();
            pool.close().await;
            assert_eq!(plan.targets().count(), self.lab.hosts().len(), "{:#?}", plan.excluded);
            plan
        })
    }

    /// Every host runs the new version, or the figures count for nothing.
    pub(crate) fn assert_upgraded(&self) {
        let repo = self.lab.repo().unwrap();
        let out = Command::new("git")
            .args(["-C", &repo.display().to_string(), "rev-parse", &format!("{TO}^{{commit}}")])
            .output()
            .unwrap();
        let sha = String::from_utf8_lossy(&out.stdout).trim().to_owned();
        for host in self.lab.hosts() {
            assert_eq!(host.running_commit().as_deref(), Some(sha.as_str()), "{}", host.name());
        }
    }

    /// The environment of `bunker` on these hosts.
    pub(crate) fn bunker_env(&self, state: &str) -> Vec<(String, String)> {
        let text = |path: &Path| path.display().to_string();
        vec![
            ("BUNKER_STATE".into(), text(&self.path(state))),
            ("BUNKER_INVENTORY".into(), text(&self.lab.inventory_dir())),
            ("XDG_CACHE_HOME".into(), text(&self.path("cache"))),
            ("XDG_RUNTIME_DIR".into(), text(self.own.path())),
        ]
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for server in &mut self.servers {
            drop(server.kill());
            drop(server.wait());
        }
    }
}

fn user() -> String {
    let out = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

fn operator() -> Operator {
    Operator { user: Safe::line("bench"), machine: Safe::line("bench"), from: None }
}

fn copy(from: &Path, to: &Path) {
    for name in STATE {
        let done = Command::new("cp").arg("-a").arg(from.join(name)).arg(to).status().unwrap();
        assert!(done.success(), "cp -a {}", from.join(name).display());
    }
}

/// Starts the `sshd` of one host; gives its public host key.
fn serve(sshd: &Path, host: &PaperHost, own: &Path, mark: &str) -> (Child, String) {
    let dir = own.join("sshd").join(host.name());
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    let key = dir.join("host");
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    assert!(made.unwrap().success(), "ssh-keygen");
    let at = |path: PathBuf| path.display().to_string();
    let (home, bin) = (at(host.home()), at(host.dir().join("bin")));
    let set = format!(
        "\"HOME={home}\" \"PATH={bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\" \"BUNKER_LAB_HOST={}\" \"{mark}\"",
        at(host.dir().to_owned())
    );
    let config = format!(
        "ListenAddress {}:{DIRECT}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\nStrictModes no\n\
         PasswordAuthentication no\nPermitRootLogin yes\nLogLevel ERROR\nSetEnv {set}\n",
        host.address(),
        at(key),
        at(own.join("authorized_keys"))
    );
    fs::write(dir.join("config"), config).unwrap();
    let child = Command::new(sshd)
        .args(["-D", "-f", &at(dir.join("config")), "-E", &at(dir.join("log"))])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    (child, fs::read_to_string(dir.join("host.pub")).unwrap().trim().to_owned())
}
