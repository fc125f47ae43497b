//! What lies between two commits.

use std::collections::BTreeSet;
use std::path::Path;

use super::command::{Answer, run, succeeded};
use super::compose;
use super::objects;
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

/// What is read of one commit.
#[derive(Default)]
struct Contents {
    /// `.env.example`.
    example: String,
    /// The compose files that it has.
    compose: Vec<String>,
}

impl Between<'_> {
    pub(super) async fn read(&self) -> Result<Change, RepositoryError> {
        let (before, after) = self.contents().await?;
        let (from, to) = (self.from.as_str(), self.to.as_str());
        let (n_back, n_commits) = self.counts().await?;
        let range = format!("{from}..{to}");
        let log = self.good(&["log", MAX_COMMITS, "-z", "--format=%h %s", &range]).await?;
        let touched = self.good(&["diff-tree", "-r", "-z", "--name-only", from, to]).await?;
        let touched: Vec<String> =
            touched.parts(0).map(|p| String::from_utf8_lossy(p).into_owned()).collect();
        let new_variables =
            variables::new_ones(&before.example, &after.example, &before.compose, &after.compose);
        Ok(Change {
            from: self.from.clone(),
            from_tag: self.tag().await?,
            n_commits,
            commits: log.parts(0).map(Safe::line_from_bytes).collect(),
            migrations: self.migrations().await?,
            new_variables,
            services: compose::changed_services(&before.compose, &after.compose, &touched),
            not_forward: n_back > 0,
        })
    }

    /// How many commits `from` has that `to` has not, and the other way about.
    async fn counts(&self) -> Result<(u32, u32), RepositoryError> {
        let both = format!("{}...{}", self.from, self.to);
        let text = self.good(&["rev-list", "--count", "--left-right", &both]).await?.text();
        let counts = text.split_once('\t').unwrap_or_default();
        let number = |count: &str| count.parse().unwrap_or(u32::MAX);
        Ok((number(counts.0), number(counts.1)))
    }

    /// What is read of the two commits; an error where one of them is not there.
    async fn contents(&self) -> Result<(Contents, Contents), RepositoryError> {
        let both = [self.from, self.to];
        let names = self.names();
        let of = |sha: &CommitSha| -> Vec<String> {
            let files = names.iter().map(|name| format!("{sha}:{name}"));
            std::iter::once(format!("{sha}^{{commit}}")).chain(files).collect()
        };
        let asked = both.map(of).concat();
        let mut found = objects::read(self.repo, LOOK, self.path, &asked).await?.into_iter();
        let mut contents = Vec::with_capacity(2);
        for sha in both {
            if found.next().flatten().is_none() {
                let (repo, sha) = (self.repo.clone(), sha.clone());
                return Err(RepositoryError::NoSuchCommit { repo, sha });
            }
            let files = found.by_ref().take(names.len()).map(|file| {
                let file = file.filter(|object| object.kind == "blob")?;
                Some(String::from_utf8_lossy(&file.bytes).into_owned())
            });
            contents.push(self.sorted(files.collect()));
        }
        let after = contents.pop().unwrap_or_default();
        Ok((contents.pop().unwrap_or_default(), after))
    }

    /// The files that are read of each commit: the example of the settings, then the compose files.
    fn names(&self) -> Vec<&str> {
        let named = &self.layout.compose_files;
        let compose: Vec<&str> = if named.is_empty() {
            COMPOSE_FILES.to_vec()
        } else {
            named.iter().map(String::as_str).collect()
        };
        [&[".env.example"], compose.as_slice()].concat()
    }

    /// What these files are, which are those of [`Self::names`]. Where no compose files are named, the first that there is
    /// counts.
    fn sorted(&self, files: Vec<Option<String>>) -> Contents {
        let mut files = files.into_iter();
        let example = files.next().flatten().unwrap_or_default();
        let n = if self.layout.compose_files.is_empty() { 1 } else { usize::MAX };
        Contents { example, compose: files.flatten().take(n).collect() }
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

    async fn good(&self, args: &[&str]) -> Result<Answer, RepositoryError> {
        let answer = run(self.repo, LOOK, self.path, args).await?;
        succeeded(self.repo, LOOK, &answer)?;
        Ok(answer)
    }
}
