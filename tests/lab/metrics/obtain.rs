//! Where server programs come from: `PATH`, else Debian 13's package, unpacked without root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use color_eyre::eyre::{Result, WrapErr, bail, eyre};

/// VictoriaMetrics. An error says in one line why it cannot be had.
pub fn program() -> Result<PathBuf> {
    packaged("victoria-metrics")
}

/// Alertmanager. An error says in one line why it cannot be had.
pub fn alertmanager() -> Result<PathBuf> {
    packaged("prometheus-alertmanager")
}

/// The program of a Debian package that bears its name.
fn packaged(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|f| f.is_file());
    if let Some(found) = in_path {
        return Ok(found);
    }
    let cache = cache_dir(name)?;
    let cached = cache.join("usr/bin").join(name);
    if cached.is_file() {
        return Ok(cached);
    }
    if !Path::new("/usr/bin/apt-get").exists() || !Path::new("/usr/bin/dpkg").exists() {
        bail!("no {name} in PATH, and this machine has no apt-get to fetch Debian's");
    }
    let why = format!("no {name} in PATH, and apt could not get Debian 13's");
    fetch(&cache, name).wrap_err(why)?;
    Ok(cached)
}

/// `target/lab/NAME`, wherever the target folder is.
fn cache_dir(name: &str) -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    let fallback = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    Ok(target.map_or(fallback, Path::to_path_buf).join("lab").join(name))
}

/// Downloads and unpacks into a folder of its own, renamed into place at the end: several may do so at once.
fn fetch(cache: &Path, name: &str) -> Result<()> {
    let parent = cache.parent().ok_or_else(|| eyre!("the cache has no parent"))?;
    fs::create_dir_all(parent)?;
    let scratch = tempfile::Builder::new().prefix("fetch-").tempdir_in(parent)?;
    let dir = scratch.path();
    for folder in ["state", "lists/partial", "cache/archives/partial", "unpacked"] {
        fs::create_dir_all(dir.join(folder))?;
    }
    let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let source = format!("deb [signed-by={keyring}] {} trixie main\n", mirror()?);
    fs::write(dir.join("sources.list"), source)?;
    apt(dir, &["update"])?;
    apt(dir, &["download", name])?;
    let package = fs::read_dir(dir)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "deb"))
        .ok_or_else(|| eyre!("apt-get download left no package"))?;
    run(Command::new("dpkg").arg("-x").arg(package).arg(dir.join("unpacked")))?;
    match fs::rename(dir.join("unpacked"), cache) {
        Err(_) if cache.join("usr/bin").join(name).is_file() => Ok(()),
        other => other.wrap_err_with(|| format!("cannot write {}", cache.display())),
    }
}

/// The Debian mirror that this machine's own apt uses.
fn mirror() -> Result<String> {
    let format = "$(ORIGIN)|$(LABEL)|$(REPO_URI)";
    let out = Command::new("apt-get")
        .args(["indextargets", "--format", format])
        .stdin(Stdio::null())
        .output()
        .wrap_err("cannot run apt-get")?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.lines()
        .find_map(|line| line.strip_prefix("Debian|Debian|"))
        .map(|uri| uri.trim_end_matches('/').to_owned())
        .ok_or_else(|| eyre!("apt knows no Debian mirror (apt-get update has never run?)"))
}

fn apt(dir: &Path, verb: &[&str]) -> Result<()> {
    let at = |name: &str, path: &str| format!("-o{name}={}", dir.join(path).display());
    run(Command::new("apt-get")
        .current_dir(dir)
        .arg("-qq")
        .arg(at("Dir::Etc::sourcelist", "sources.list"))
        .arg("-oDir::Etc::sourceparts=-")
        .arg(at("Dir::State", "state"))
        .arg(at("Dir::State::lists", "lists"))
        .arg(at("Dir::Cache", "cache"))
        .args(["-oAPT::Sandbox::User=", "-oAcquire::Languages=none", "-oAcquire::Retries=1"])
        .args(["-oAcquire::http::Timeout=20", "-oAPT::Update::Error-Mode=any"])
        .args(verb))
}

fn run(command: &mut Command) -> Result<()> {
    let out = command.stdin(Stdio::null()).output()?;
    if out.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    Err(eyre!("{}", text.lines().next().unwrap_or("it failed without a word")))
}
