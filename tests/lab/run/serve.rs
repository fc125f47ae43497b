//! `cargo lab up` and `down`: paper hosts in a process of their own.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::signal::unix::{SignalKind, signal};

use super::args::{say, tell};
use super::control::{self, Card};
use crate::lab::processes::pause;
use crate::lab::real::{self, Image, Ready, RealLab};
use crate::lab::{Lab, Options};

/// Starts `n` paper hosts in the background and waits until they listen.
pub(super) fn up(n: usize, dir: Option<PathBuf>) -> Result<ExitCode> {
    if n == 0 {
        bail!("--hosts 0 would start nothing");
    }
    let begun = Instant::now();
    let dir = folder(dir)?;
    if control::file(&dir).exists() {
        bail!("{0} has a lab already; end it with: cargo lab down --dir {0}", dir.display());
    }
    let log = dir.join("lab.log");
    let out = fs::File::create(&log)?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["serve", "--hosts", &n.to_string(), "--dir"])
        .arg(&dir)
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out)
        .process_group(0)
        .spawn()?;
    while !control::file(&dir).exists() {
        if child.try_wait()?.is_some() || begun.elapsed() > Duration::from_mins(1) {
            _ = child.kill();
            let said = fs::read_to_string(&log).unwrap_or_default();
            _ = fs::remove_file(&log);
            _ = fs::remove_dir(&dir);
            bail!("the paper hosts did not start: {}", said.trim());
        }
        pause(Duration::from_millis(10));
    }
    fs::create_dir_all(latest_file().with_file_name(""))?;
    fs::write(latest_file(), dir.as_os_str().as_encoded_bytes())?;
    let shown = dir.display();
    tell(&format!("{n} paper hosts listen after {:.2} s", begun.elapsed().as_secs_f64()));
    tell(&format!("  ssh     ssh -F {shown}/ssh_config NAME"));
    tell(&format!("  fault   cargo lab fault NAME FAULT --dir {shown}"));
    tell(&format!("  end     cargo lab down --dir {shown}"));
    say(&dir.join("inventory").display().to_string());
    Ok(ExitCode::SUCCESS)
}

/// Where `up` notes the folder of the lab that it started, for `fault` without a folder.
fn latest_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/lab/latest")
}

/// The folder of the paper hosts that were started last.
pub(super) fn latest() -> Result<PathBuf> {
    let text = fs::read_to_string(latest_file())
        .wrap_err("no lab was started from here; name its folder with --dir")?;
    Ok(PathBuf::from(text))
}

fn folder(dir: Option<PathBuf>) -> Result<PathBuf> {
    let dir = match dir {
        Some(dir) => dir,
        None => tempfile::Builder::new().prefix("bunker-lab-").tempdir()?.keep(),
    };
    fs::create_dir_all(&dir).wrap_err_with(|| format!("cannot make {}", dir.display()))?;
    Ok(dir.canonicalize()?)
}

/// Starts `n` real hosts, each with the application installed or `bare`, and leaves them running.
pub(super) fn up_real(n: usize, bare: Option<&str>, dir: Option<PathBuf>) -> Result<ExitCode> {
    let begun = Instant::now();
    let dir = folder(dir)?;
    if control::file(&dir).exists() {
        bail!("{0} has a lab already; end it with: cargo lab down --dir {0}", dir.display());
    }
    let ready = Ready::check().map_err(|why| eyre!("no real hosts on this machine: {why}"))?;
    let image = match bare {
        None => Image::Ready,
        Some("bookworm") => Image::Bare("bookworm"),
        Some(_) => Image::Bare("trixie"),
    };
    let lab = RealLab::up(ready, &vec![image; n], &dir)?;
    tell(&format!("{n} real hosts let people in after {:.0} s", begun.elapsed().as_secs_f64()));
    if bare.is_none() {
        for host in lab.hosts() {
            host.deploy("v2.4.1").wrap_err_with(|| format!("installing on {}", host.name))?;
        }
        tell(&format!("v2.4.1 is installed on them after {:.0} s", begun.elapsed().as_secs_f64()));
    }
    let shown = dir.display();
    tell(&format!("  ssh     ssh -F {shown}/ssh_config NAME"));
    tell(&format!("  end     cargo lab down --dir {shown}"));
    say(&lab.inventory_dir().display().to_string());
    lab.leave();
    Ok(ExitCode::SUCCESS)
}

/// Serves `n` paper hosts in `dir` until asked to end.
pub(super) fn serve(n: usize, dir: &Path) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut options = Options::instances();
    "lab".clone_into(&mut options.fleet_name);
    options.dir = Some(dir.to_owned());
    let lab = Lab::start(n, options)?;
    runtime.block_on(async {
        let mut term = signal(SignalKind::terminate())?;
        let mut int = signal(SignalKind::interrupt())?;
        // A terminal that closes does not end a lab that was started from it.
        let mut hang_up = signal(SignalKind::hangup())?;
        let asked = control::listen(&lab)?;
        loop {
            tokio::select! {
                _ = term.recv() => break,
                _ = int.recv() => break,
                _ = hang_up.recv() => {}
                () = tokio::time::sleep(Duration::from_millis(50)) => {
                    if asked.try_recv().is_ok() {
                        break;
                    }
                }
            }
        }
        Ok::<_, color_eyre::Report>(())
    })?;
    drop(lab);
    fs::remove_file(control::file(dir)).wrap_err("cannot remove the lab's card")?;
    Ok(ExitCode::SUCCESS)
}

/// Ends the lab in `dir` and removes what it made there.
pub(super) fn down(dir: &Path) -> Result<ExitCode> {
    let dir = dir.canonicalize().wrap_err_with(|| format!("there is no {}", dir.display()))?;
    if real::is_at(&dir) {
        RealLab::down(&dir)?;
        end(&dir);
        return Ok(ExitCode::SUCCESS);
    }
    let card = Card::read(&dir)?;
    let Some(pid) = Pid::from_raw(card.pid) else { bail!("the lab's card names no process") };
    let gone = || test_kill_process(pid).is_err();
    if let Err(error) = control::ask(&dir, "end") {
        if !gone() {
            return Err(
                error.wrap_err("the lab's process lives but does not answer; nothing was done")
            );
        }
        sweep(&dir)?;
    }
    let begun = Instant::now();
    while !gone() && control::file(&dir).exists() {
        if begun.elapsed() > Duration::from_secs(90) {
            _ = kill_process(pid, Signal::KILL);
            sweep(&dir)?;
            break;
        }
        pause(Duration::from_millis(20));
    }
    _ = fs::remove_file(dir.join("lab.log"));
    end(&dir);
    Ok(ExitCode::SUCCESS)
}

/// Removes the folder where nothing else is in it, and says that the lab is gone.
fn end(dir: &Path) {
    _ = fs::remove_dir(dir);
    tell(&format!("the lab in {} has ended", dir.display()));
}

/// Removes what a lab made whose process was killed.
fn sweep(dir: &Path) -> Result<()> {
    Lab::sweep(dir)?;
    fs::remove_file(control::file(dir)).wrap_err("cannot remove the lab's card")
}
