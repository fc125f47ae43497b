//! What stands on a paper host before anybody comes: the stand-in programs and, on instances, the application.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use color_eyre::eyre::{Result, WrapErr, eyre};

use super::options::Options;
use super::{PaperHost, instance};
use crate::lab::repository;

/// The programs that stand first in `PATH`, and what the docker stand-in is made of.
const PROGRAMS: [(&str, &str); 11] = [
    ("df", include_str!("bin/df.sh")),
    ("id", include_str!("bin/id.sh")),
    ("crontab", include_str!("bin/crontab.sh")),
    ("sudo", include_str!("bin/sudo.sh")),
    ("docker", include_str!("bin/docker.sh")),
    ("docker.d/containers.sh", include_str!("bin/docker.d/containers.sh")),
    ("docker.d/images.sh", include_str!("bin/docker.d/images.sh")),
    ("docker.d/inspect.sh", include_str!("bin/docker.d/inspect.sh")),
    ("docker.d/project.sh", include_str!("bin/docker.d/project.sh")),
    ("docker.d/compose.sh", include_str!("bin/docker.d/compose.sh")),
    ("docker.d/data.sh", include_str!("bin/docker.d/data.sh")),
];

/// Furnishes all hosts; gives the stand-in repository where they are instances.
pub(super) fn furnish(
    lab: &Path,
    hosts: &[PaperHost],
    options: &Options,
) -> Result<Option<PathBuf>> {
    let shared = lab.join("hosts/.bin");
    fs::create_dir_all(shared.join("docker.d"))?;
    for (name, text) in PROGRAMS {
        let file = shared.join(name);
        fs::write(&file, text)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
    }
    for host in hosts {
        fs::write(host.dir().join("disk"), format!("{}\n", host.spec().disk_used))?;
        fs::write(host.dir().join("build_seconds"), format!("{}\n", options.build_seconds))?;
        symlink("../.bin", host.dir().join("bin"))?;
    }
    if !options.instances {
        return Ok(None);
    }
    let repo = lab.join("repo.git");
    repository::build(&repo)?;
    instances(lab, &repo, hosts)?;
    Ok(Some(repo))
}

/// Makes every host an instance: one checkout is made for each release and copied, since there may be hundreds.
fn instances(lab: &Path, repo: &Path, hosts: &[PaperHost]) -> Result<()> {
    let mut by_release: BTreeMap<&str, Vec<&PaperHost>> = BTreeMap::new();
    for host in hosts.iter().filter(|h| h.spec().installed) {
        by_release.entry(&host.spec().release).or_default().push(host);
    }
    for (release, hosts) in by_release {
        let template = lab.join("hosts/.template").join(release);
        prepare(&template, repo, release, lab)?;
        std::thread::scope(|scope| {
            let half = hosts.len().div_ceil(2).max(1);
            let parts: Vec<_> = hosts
                .chunks(half)
                .map(|part| scope.spawn(|| part.iter().try_for_each(|host| copy(&template, host))))
                .collect();
            parts.into_iter().try_for_each(|part| {
                part.join().map_err(|_| eyre!("a thread that made paper hosts panicked"))?
            })
        })?;
    }
    let template = lab.join("hosts/.template");
    if !template.exists() {
        return Ok(());
    }
    fs::remove_dir_all(template).wrap_err("cannot remove the template")
}

/// A checkout at `release` that knows no later one, with the stand-in's containers up.
fn prepare(template: &Path, repo: &Path, release: &str, lab: &Path) -> Result<()> {
    let dir = template.join("srv/changemaker-lite");
    fs::create_dir_all(&dir)?;
    let repo = repo.display().to_string();
    let tag = format!("refs/tags/{release}");
    let commit = format!("{release}^{{commit}}");
    let git = |args: &[&str]| run(Command::new("git").arg("-C").arg(&dir).args(args));
    git(&["init", "--quiet", "--initial-branch=v2"])?;
    git(&["remote", "add", "origin", &repo])?;
    git(&["fetch", "--quiet", "origin", &format!("{tag}:{tag}")])?;
    git(&["update-ref", "refs/remotes/origin/v2", &commit])?;
    git(&["reset", "--quiet", "--hard", &commit])?;
    git(&["branch", "--quiet", "--set-upstream-to=origin/v2", "v2"])?;
    // Few files: making and removing hundreds of hosts costs by the file.
    git(&["repack", "--quiet", "-a", "-d"])?;
    git(&["pack-refs", "--all"])?;
    fs::remove_dir_all(dir.join(".git/hooks"))?;
    fs::remove_dir_all(dir.join(".git/logs"))?;
    fs::write(dir.join(".env"), instance::env_file(&dir, "example.org")?)?;
    fs::write(template.join("build_seconds"), "0\n")?;
    for verb in ["build", "up -d", "exec -T api npx prisma migrate deploy"] {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", lab.join("hosts/.bin").display());
        let mut docker = Command::new(lab.join("hosts/.bin/docker"));
        docker.arg("compose").args(verb.split(' ')).current_dir(&dir);
        run(docker.env("PATH", path).env("BUNKER_LAB_HOST", template))?;
    }
    fs::remove_file(template.join("docker/calls"))?;
    fs::remove_file(template.join("build_seconds"))?;
    Ok(())
}

fn copy(template: &Path, host: &PaperHost) -> Result<()> {
    let from = [template.join("srv"), template.join("docker")];
    run(Command::new("cp").arg("-a").args(from).arg(host.dir()))?;
    // Packs never change: one copy of each is enough for all hosts.
    let packs = "srv/changemaker-lite/.git/objects/pack";
    for pack in fs::read_dir(template.join(packs))? {
        let pack = pack?;
        let copy = host.dir().join(packs).join(pack.file_name());
        fs::remove_file(&copy)?;
        fs::hard_link(pack.path(), copy)?;
    }
    instance::settle(host)
}

fn run(command: &mut Command) -> Result<()> {
    let out = command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::null())
        .output()
        .wrap_err_with(|| format!("cannot run {command:?}"))?;
    if out.status.success() {
        return Ok(());
    }
    Err(eyre!("{command:?} failed: {}", String::from_utf8_lossy(&out.stderr).trim()))
}
