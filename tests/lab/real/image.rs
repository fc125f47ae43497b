//! The image of a real host: made once from Debian's packages, then kept as an archive and in Docker.

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest as _, Sha256};

use super::docker::{docker, try_docker};

/// The Ubuntu that servers have: 24.04.
pub const UBUNTU: &str = "noble";
/// Where its packages are.
const UBUNTU_MIRROR: &str = "http://archive.ubuntu.com/ubuntu";

/// What a host is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Image {
    /// Debian 13 with Docker and everything else that an instance needs.
    Ready,
    /// A Debian or Ubuntu of this name as it is installed, with nothing of that.
    Bare(&'static str),
}

impl Image {
    fn recipe(self) -> &'static str {
        match self {
            Self::Ready => include_str!("image.sh"),
            Self::Bare(_) => include_str!("bare.sh"),
        }
    }

    /// What stands in its name before the tag.
    fn kind(self) -> String {
        match self {
            Self::Ready => "host".to_owned(),
            Self::Bare(release) => format!("bare-{release}"),
        }
    }
}

/// Where things are kept from one lab to the next: `$BUNKER_LAB_CACHE`, by default `~/.cache/bunker-lab`.
pub(super) fn cache() -> Result<PathBuf> {
    let folder = match env::var_os("BUNKER_LAB_CACHE") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env::var_os("HOME").ok_or_else(|| eyre!("HOME is not set"))?)
            .join(".cache/bunker-lab"),
    };
    fs::create_dir_all(&folder).wrap_err_with(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// The image's name, and the archive that it is made from. Both have a tag made of the recipe: a new recipe is a new
/// image.
fn names(image: Image) -> Result<(String, PathBuf)> {
    let digest = Sha256::digest(image.recipe().as_bytes());
    let mut tag = String::new();
    for byte in digest.iter().take(6) {
        write!(tag, "{byte:02x}")?;
    }
    let kind = image.kind();
    let archive = cache()?.join(format!("{kind}-{tag}.tar.gz"));
    Ok((format!("bunker-lab-{kind}:{tag}"), archive))
}

fn is_in_docker(name: &str) -> Result<bool> {
    Ok(try_docker(&["image", "inspect", name], b"")?.status.success())
}

/// Whether the image is there or can be made; the error says what is missing.
pub(super) fn can_be_had(image: Image) -> Result<()> {
    let (name, archive) = names(image)?;
    if archive.is_file() || is_in_docker(&name)? {
        return Ok(());
    }
    if !rustix::process::geteuid().is_root() {
        bail!("the image of real hosts is not there, and only root can make it");
    }
    if !Path::new("/usr/sbin/debootstrap").is_file() {
        bail!("the image of real hosts is not there, and debootstrap is not installed");
    }
    Ok(())
}

/// The image of a bare Ubuntu is in Docker after this; an error where its packages cannot be had from here. Asks the
/// Docker of a [`Ready`](super::Ready).
pub fn have_ubuntu() -> Result<()> {
    let image = Image::Bare(UBUNTU);
    let (name, archive) = names(image)?;
    if !archive.is_file() && !is_in_docker(&name)? {
        let of = format!("{UBUNTU_MIRROR}/dists/{UBUNTU}/InRelease");
        let mut wget = Command::new("wget");
        let asked = wget.args(["-q", "--spider", "--tries=2", "--timeout=10", &of]).status();
        if !asked.wrap_err("cannot run wget")?.success() {
            bail!("{of} cannot be had from here");
        }
    }
    ensure(image).map(drop)
}

/// The name of the image, which is in Docker after this.
pub(super) fn ensure(image: Image) -> Result<String> {
    let (name, archive) = names(image)?;
    let cache = cache()?;
    let lock = File::create(cache.join("image.lock"))?;
    flock(&lock, FlockOperation::LockExclusive)?;
    if is_in_docker(&name)? {
        return Ok(name);
    }
    if !archive.is_file() {
        make(image, &cache, &archive)?;
    }
    let path = archive.to_str().ok_or_else(|| eyre!("the cache folder's name is not text"))?;
    docker(&["import", path, &name])?;
    Ok(name)
}

fn make(image: Image, cache: &Path, archive: &Path) -> Result<()> {
    let scratch = tempfile::tempdir_in(cache)?;
    let recipe = scratch.path().join("image.sh");
    fs::write(&recipe, image.recipe())?;
    let mut command = Command::new("bash");
    command.arg(&recipe);
    if let Image::Bare(release) = image {
        command.arg(release);
    }
    let is_ubuntu = image == Image::Bare(UBUNTU);
    let output = command
        .arg(scratch.path().join("root"))
        .arg(if is_ubuntu { UBUNTU_MIRROR.to_owned() } else { mirror()? })
        .arg(archive)
        .output()
        .wrap_err("cannot run bash")?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("making the image of real hosts ended with {}: {}", output.status, said.trim())
}

/// The mirror that this machine's own apt uses for Debian.
fn mirror() -> Result<String> {
    let output = Command::new("apt-get")
        .args(["indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Origin: Debian"])
        .output();
    let text = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    let mut found = text.lines().filter_map(|line| line.split_once(' '));
    found
        .find(|(_, codename)| !codename.contains('-'))
        .map(|(uri, _)| uri.to_owned())
        .ok_or_else(|| eyre!("apt knows no Debian mirror here: run `apt-get update` first"))
}
