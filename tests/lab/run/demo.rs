//! `cargo demo`: twelve paper hosts, six hours of metrics, and the cockpit on them.

use std::fs;
use std::io::IsTerminal;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use portable_pty::CommandBuilder;
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::args::{say, tell};
use super::fleet;
use super::live::Reporting;
use super::screens::{self, Screens};
use crate::lab::metrics::{self, Victoria};
use crate::lab::{Fault, Lab, Options, processes};

/// Options of the demo.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Keep the files, in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// What is done with the demo's fleet once it is there.
pub(super) enum Purpose {
    /// It is shown to a person, or told where there is no terminal.
    Show(Demo),
    /// Its screens are drawn.
    Draw(Screens),
}

/// Everything that the demo made; it goes when this is dropped.
pub(super) struct Stage {
    lab: Lab,
    bunker: PathBuf,
    /// The program's state on this machine.
    state: PathBuf,
    /// A short path for ssh's control sockets.
    runtime: tempfile::TempDir,
}

/// Runs the demo; its code is the program's.
pub(super) fn run(purpose: &Purpose) -> Result<ExitCode> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let mut ends = Ends::listen()?;
        tokio::select! {
            code = fleet_for(purpose) => code,
            name = ends.wait() => { tell(&format!("demo: ended by {name}")); Ok(ExitCode::from(130)) }
        }
    })
}

async fn fleet_for(purpose: &Purpose) -> Result<ExitCode> {
    let keep = match purpose {
        Purpose::Show(options) => options.keep.as_deref(),
        Purpose::Draw(_) => None,
    };
    let begun = Instant::now();
    let (building, address) = (Building::start()?, metrics_address()?);
    let found = metrics::program();
    let data = metrics_folder(keep)?;
    let server = match found {
        Ok(program) => Victoria::start(&program, data.path(), address).await,
        Err(error) => Err(error),
    };
    let url = server.as_ref().ok().map(|server| server.url().to_owned());
    let lab = Lab::start(12, lab_options(keep, url.as_deref()))?;
    arrange(&lab)?;
    let (server, reporting) = match server {
        Ok(server) => {
            let reporting = Reporting::begin(&lab, &server).await?;
            (Some(server), Some(reporting))
        }
        Err(error) => {
            tell(&format!("demo: going on without VictoriaMetrics: {error:#}"));
            (None, None)
        }
    };
    let n_samples = reporting.as_ref().map_or(0, |r| r.n_samples);
    let stage = Stage::new(lab, building.done().await?)?;
    tell(&format!(
        "demo: 12 paper hosts, {n_samples} samples of history, after {:.1} s; inventory {}",
        begun.elapsed().as_secs_f64(),
        stage.lab.inventory_dir().display()
    ));
    let feed = async {
        if let (Some(server), Some(reporting)) = (&server, reporting) {
            reporting.go_on(server).await;
        }
        std::future::pending::<()>().await;
    };
    let code = tokio::select! {
        code = stage.serve(purpose) => code,
        () = feed => Ok(ExitCode::FAILURE),
    };
    if let Some(server) = server {
        server.stop().await;
    }
    code
}

fn lab_options(keep: Option<&Path>, metrics_url: Option<&str>) -> Options {
    let mut lab = Options::instances().with_hosts(fleet::hosts());
    "demo".clone_into(&mut lab.fleet_name);
    lab.build_seconds = 2.0;
    lab.dir = keep.map(Path::to_owned);
    lab.keep = keep.is_some();
    lab.policy =
        vec!["bunker_min_healthy_s: 6".to_owned(), "bunker_probe_interval_s: 5".to_owned()];
    if let Some(url) = metrics_url {
        lab.policy.push(format!("bunker_metrics_url: {url}"));
    }
    lab
}

/// Where the metrics server keeps its data: with the other files where those are kept.
fn metrics_folder(keep: Option<&Path>) -> Result<tempfile::TempDir> {
    let mut folder = tempfile::Builder::new();
    let Some(keep) = keep else {
        return Ok(folder.prefix("bunker-metrics-").tempdir()?);
    };
    fs::create_dir_all(keep).wrap_err_with(|| format!("cannot make {}", keep.display()))?;
    Ok(folder.prefix("metrics-").disable_cleanup(true).tempdir_in(keep)?)
}

/// Makes the instances different.
fn arrange(lab: &Lab) -> Result<()> {
    let host = |name: &str| lab.named(name).ok_or_else(|| eyre!("the demo has no {name}"));
    host(fleet::CRASHED.0)?.crash_api(Duration::from_secs(fleet::CRASHED.1))?;
    host(fleet::UNREACHABLE)?.fault(Fault::Refuse);
    let notes = "services:\n  api:\n    environment:\n      LOG_LEVEL: debug\n";
    let file = host(fleet::OVERRIDDEN)?.checkout().join("docker-compose.override.yml");
    Ok(fs::write(file, notes)?)
}

/// An address for the metrics server that no lab uses.
fn metrics_address() -> Result<std::net::Ipv4Addr> {
    let pid = rustix::process::getpid().as_raw_nonzero().get();
    for i in 0..250_u32 {
        let last = 2 + (pid as u32 + i) % 250;
        let address = std::net::Ipv4Addr::from(0x7f00_0000 + last);
        if std::net::TcpListener::bind((address, 8428)).is_ok() {
            return Ok(address);
        }
    }
    bail!("no free loopback address for the metrics server")
}

/// The program, being built in the profile in which this one was built.
struct Building {
    cargo: Child,
    bunker: PathBuf,
}

impl Building {
    fn start() -> Result<Self> {
        let own = std::env::current_exe()?;
        let folder =
            own.parent().and_then(Path::parent).ok_or_else(|| eyre!("no target folder"))?;
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        for name in crate::lab::cargo::set_for_programs() {
            cargo.env_remove(name);
        }
        let cargo = cargo
            .args([
                "build",
                "--quiet",
                "--bin",
                "bunker",
                "--example",
                "lab",
                "--profile",
                profile,
                "--manifest-path",
            ])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .wrap_err("cannot run cargo")?;
        Ok(Self { cargo, bunker: folder.join("bunker") })
    }

    async fn done(mut self) -> Result<PathBuf> {
        if !self.cargo.wait().await?.success() {
            bail!("the program does not build");
        }
        Ok(self.bunker)
    }
}

impl Stage {
    fn new(lab: Lab, bunker: PathBuf) -> Result<Self> {
        let runtime = tempfile::Builder::new().prefix("bunker-run-").tempdir()?;
        fs::set_permissions(runtime.path(), fs::Permissions::from_mode(0o700))?;
        let state = lab.dir().join("state");
        fs::create_dir_all(&state)?;
        Ok(Self { lab, bunker, state, runtime })
    }

    /// The program's environment.
    fn env(&self) -> [(&'static str, PathBuf); 5] {
        [
            ("BUNKER_INVENTORY", self.lab.inventory_dir()),
            // Whoever tries it out keeps an own identity for own fleets.
            ("BUNKER_IDENTITY", self.state.join("identity.txt")),
            ("BUNKER_STATE", self.state.clone()),
            ("XDG_RUNTIME_DIR", self.runtime.path().to_owned()),
            ("XDG_CACHE_HOME", self.state.join("cache")),
        ]
    }

    /// The program on this fleet.
    pub(super) fn bunker(&self) -> Command {
        let mut command = Command::new(&self.bunker);
        command.envs(self.env()).kill_on_drop(false);
        command
    }

    /// The program on this fleet, for a terminal of its own with all colours.
    pub(super) fn at_terminal(&self) -> CommandBuilder {
        let mut command = CommandBuilder::new(&self.bunker);
        for (name, value) in self.env() {
            command.env(name, value);
        }
        command.env("COLORTERM", "truecolor");
        command
    }

    async fn serve(&self, purpose: &Purpose) -> Result<ExitCode> {
        match purpose {
            Purpose::Show(_) => self.play().await,
            Purpose::Draw(options) => {
                screens::draw(self, options).await.map(|()| ExitCode::SUCCESS)
            }
        }
    }

    async fn play(&self) -> Result<ExitCode> {
        if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
            let status = self.bunker().status().await?;
            return Ok(code(status));
        }
        self.recite().await
    }

    /// The same without a terminal: status, one upgrade, status.
    async fn recite(&self) -> Result<ExitCode> {
        self.verb(&["status"], true).await?;
        self.verb(&["upgrade", "--to", "v2.5.0", fleet::UPGRADED, "--yes"], false).await?;
        self.verb(&["status"], true).await?;
        Ok(ExitCode::SUCCESS)
    }

    /// Runs a verb. `status` may end with a code that says that some instance is not well: the fleet is such.
    async fn verb(&self, words: &[&str], findings_are_good: bool) -> Result<()> {
        say(&format!("$ bunker {}", words.join(" ")));
        let status = self.bunker().args(words).stdin(Stdio::null()).status().await?;
        match status.code() {
            Some(0) => Ok(()),
            Some(3 | 6) if findings_are_good => Ok(()),
            _ => bail!("bunker {} ended with {status}", words.join(" ")),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The cockpit, its workers and its ssh processes all have the state's folder in their environment.
        let mark = format!("BUNKER_STATE={}", self.state.display());
        processes::end_all(mark.as_ref(), Duration::from_secs(3));
        if !self.lab.kept() {
            _ = fs::remove_dir_all(&self.state);
        }
    }
}

fn code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The signals that end the demo.
struct Ends {
    term: Signal,
    hang_up: Signal,
    int: Signal,
    /// Ctrl-C in a terminal reaches the cockpit as a key; as a signal it is meant for the demo.
    quit: Signal,
}

impl Ends {
    fn listen() -> Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            int: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    async fn wait(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.hang_up.recv() => "SIGHUP",
            _ = self.int.recv() => "Ctrl-C",
            _ = self.quit.recv() => "SIGQUIT",
        }
    }
}
