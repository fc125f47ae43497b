//! What lies between two commits.

use std::collections::BTreeSet;
use std::path::Path;

use super::command::{Answer, run, succeeded};
use super::compose;
use super::variables;
use crate::domain::git::{CommitSha, GitRef, GitUrl};
use crate::domain::plan::Change;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{RepositoryError, RepositoryLayout};

/// At most this many commits are listed.
const MAX_COMMITS: &str = "--max-count=50";
/// What Compose looks for by itself, in its order.
const COMPOSE_FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
const LOOK: &str = "look into our copy of";

/// Two commits of a mirror.
pub(super) struct Between<'a> {
    pub(super) repo: &'a GitUrl,
    pub(super) path: &'a Path,
    pub(super) from: &'a CommitSha,
    pub(super) to: &'a CommitSha,
    pub(super) layout: &'a RepositoryLayout,
}

impl Between<'_> {
    pub(super) async fn read(&self) -> Result<Change, RepositoryError> {
        for sha in [self.from, self.to] {
            let there = self.git(&["cat-file", "-e", &format!("{sha}^{{commit}}")]).await?;
            if !there.status.success() {
                let (repo, sha) = (self.repo.clone(), sha.clone());
                return Err(RepositoryError::NoSuchCommit { repo, sha });
            }
        }
        let range = format!("{}..{}", self.from, self.to);
        let count = self.good(&["rev-list", "--count", &range]).await?.text();
        let log = self.good(&["log", MAX_COMMITS, "-z", "--format=%h %s", &range]).await?;
        let (from, to) = (self.from.as_str(), self.to.as_str());
        let forward = self.git(&["merge-base", "--is-ancestor", from, to]).await?;
        let touched = self.good(&["diff-tree", "-r", "-z", "--name-only", from, to]).await?;
        let touched: Vec<String> =
            touched.parts(0).map(|p| String::from_utf8_lossy(p).into_owned()).collect();
        let before = self.compose(self.from).await?;
        let after = self.compose(self.to).await?;
        let example = self.file(self.from, ".env.example").await?.unwrap_or_default();
        let wanted = self.file(self.to, ".env.example").await?.unwrap_or_default();
        Ok(Change {
            from: self.from.clone(),
            from_tag: self.tag().await?,
            n_commits: count.parse().unwrap_or(u32::MAX),
            commits: log.parts(0).map(Safe::line_from_bytes).collect(),
            migrations: self.migrations().await?,
            new_variables: variables::new_ones(&example, &wanted, &before, &after),
            services: compose::changed_services(&before, &after, &touched),
            not_forward: !forward.status.success(),
        })
    }

    /// A tag at `from`, the newest if there are several.
    async fn tag(&self) -> Result<Option<GitRef>, RepositoryError> {
        let points_at = format!("--points-at={}", self.from);
        let args = [
            "for-each-ref",
            "--sort=-creatordate",
            "--format=%(refname:strip=2)",
            &points_at,
            "refs/tags",
        ];
        let answer = self.good(&args).await?;
        let mut names = answer.parts(b'\n').map(String::from_utf8_lossy);
        Ok(names.find_map(|name| name.parse().ok()))
    }

    /// Folders of migrations that the target has and the running commit has not.
    async fn migrations(&self) -> Result<Vec<Safe>, RepositoryError> {
        let before = self.folders(self.from).await?;
        let after = self.folders(self.to).await?;
        Ok(after.difference(&before).map(|name| Safe::line(name)).collect())
    }

    async fn folders(&self, sha: &CommitSha) -> Result<BTreeSet<String>, RepositoryError> {
        let below = format!("{}/", self.layout.migrations_dir.trim_matches('/'));
        let args = ["ls-tree", "-d", "-z", "--name-only", "--end-of-options", sha.as_str(), &below];
        let answer = self.good(&args).await?;
        let names = answer.parts(0).map(|p| String::from_utf8_lossy(p).into_owned());
        Ok(names.map(|name| name.rsplit('/').next().unwrap_or(&name).to_owned()).collect())
    }

    /// The compose files of a commit, those that it has.
    async fn compose(&self, sha: &CommitSha) -> Result<Vec<String>, RepositoryError> {
        let named = &self.layout.compose_files;
        let mut texts = Vec::new();
        if named.is_empty() {
            for name in COMPOSE_FILES {
                if let Some(text) = self.file(sha, name).await? {
                    texts.push(text);
                    break;
                }
            }
        }
        for name in named {
            texts.extend(self.file(sha, name).await?);
        }
        Ok(texts)
    }

    async fn file(&self, sha: &CommitSha, name: &str) -> Result<Option<String>, RepositoryError> {
        let object = format!("{sha}:{name}");
        let answer = self.git(&["cat-file", "blob", &object]).await?;
        let text =
            answer.status.success().then(|| String::from_utf8_lossy(&answer.stdout).into_owned());
        Ok(text)
    }

    async fn git(&self, args: &[&str]) -> Result<Answer, RepositoryError> {
        run(self.repo, LOOK, self.path, args).await
    }

    async fn good(&self, args: &[&str]) -> Result<Answer, RepositoryError> {
        let answer = self.git(args).await?;
        succeeded(self.repo, LOOK, &answer)?;
        Ok(answer)
    }
}
