//! Bare mirrors below the cache folder, one per repository address.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::change;
use super::command::{run, succeeded};
use crate::domain::git::{CommitSha, GitRef, GitUrl};
use crate::domain::plan::Change;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{RepositoryError, RepositoryLayout, RepositoryView};

/// How long to wait for another process that updates the same mirror.
const LOCK_DEADLINE: Duration = Duration::from_secs(130);

/// All mirrors of this machine. They are a cache: deleting the folder costs a fetch.
#[derive(Debug, Clone)]
pub struct Mirrors {
    root: PathBuf,
}

impl Mirrors {
    /// Mirrors below `root`, by default `$XDG_CACHE_HOME/bunker/repos`.
    pub fn below(root: PathBuf) -> Self {
        Self { root }
    }

    /// Mirrors where the operator's caches are.
    pub fn of_this_user() -> Self {
        let cache = std::env::var_os("XDG_CACHE_HOME").filter(|v| !v.is_empty()).map_or_else(
            || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"),
            PathBuf::from,
        );
        Self::below(cache.join("bunker").join("repos"))
    }

    /// The mirror of an address. The hash is of the address alone, so it is the same for every process.
    fn path(&self, repo: &GitUrl) -> PathBuf {
        let hash = Sha256::digest(repo.as_str().as_bytes());
        let mut name = String::new();
        for byte in hash.iter().take(12) {
            let _ = write!(name, "{byte:02x}");
        }
        self.root.join(name)
    }

    /// Brings the mirror up to date: branches and tags as they are now, those that are gone removed.
    async fn update(&self, repo: &GitUrl) -> Result<PathBuf, RepositoryError> {
        let path = self.path(repo);
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.root);
        made.map_err(|e| local(repo, &format!("{} cannot be made: {e}", self.root.display())))?;
        let _lock = self.lock(repo, &path).await?;
        if !path.join("HEAD").exists() {
            let made = run(repo, "make a copy of", &path, &["init", "--quiet", "--bare"]).await?;
            succeeded(repo, "make a copy of", &made)?;
        }
        let args = [
            "fetch",
            "--quiet",
            "--prune",
            "--force",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--end-of-options",
            repo.as_str(),
            "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*",
        ];
        let fetched = run(repo, "fetch from", &path, &args).await?;
        succeeded(repo, "fetch from", &fetched)?;
        Ok(path)
    }

    async fn lock(&self, repo: &GitUrl, path: &std::path::Path) -> Result<File, RepositoryError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.with_extension("lock"))
            .map_err(|e| local(repo, &format!("{} cannot be locked: {e}", path.display())))?;
        let taken = tokio::time::timeout(LOCK_DEADLINE, async {
            loop {
                match file.try_lock() {
                    Ok(()) => return Ok(()),
                    Err(TryLockError::WouldBlock) => {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    Err(TryLockError::Error(e)) => return Err(e),
                }
            }
        })
        .await;
        match taken {
            Ok(Ok(())) => Ok(file),
            Ok(Err(e)) => Err(local(repo, &format!("{} cannot be locked: {e}", path.display()))),
            Err(_) => {
                Err(local(repo, "another process has been updating our copy for two minutes"))
            }
        }
    }
}

#[async_trait]
impl RepositoryView for Mirrors {
    async fn resolve(
        &self,
        repo: &GitUrl,
        reference: &GitRef,
    ) -> Result<CommitSha, RepositoryError> {
        let path = self.update(repo).await?;
        let hex = reference.as_str().len() >= 7
            && reference.as_str().bytes().all(|b| b.is_ascii_hexdigit());
        // A tag before a branch of the same name, as on the hosts.
        let mut names = vec![
            format!("refs/tags/{reference}^{{commit}}"),
            format!("refs/heads/{reference}^{{commit}}"),
        ];
        if hex {
            names.push(format!("{reference}^{{commit}}"));
        }
        for name in names {
            let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &name];
            let found = run(repo, "look into our copy of", &path, &args).await?;
            if found.status.success()
                && let Ok(sha) = found.text().parse()
            {
                return Ok(sha);
            }
        }
        Err(RepositoryError::NoSuchRef { repo: repo.clone(), reference: reference.clone() })
    }

    async fn change(
        &self,
        repo: &GitUrl,
        from: &CommitSha,
        to: &CommitSha,
        layout: &RepositoryLayout,
    ) -> Result<Change, RepositoryError> {
        let path = self.path(repo);
        change::Between { repo, path: &path, from, to, layout }.read().await
    }
}

fn local(repo: &GitUrl, message: &str) -> RepositoryError {
    RepositoryError::Failed { repo: repo.clone(), what: "copy", message: Safe::line(message) }
}
