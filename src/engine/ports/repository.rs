//! The repository that instances come from.

use async_trait::async_trait;

use crate::domain::git::{CommitSha, GitRef, GitUrl};
use crate::domain::plan::Change;
use crate::domain::untrusted::Safe;

/// Why a repository could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryError {
    /// It has no such branch, tag or commit.
    #[error(
        "{repo} has no branch, tag or commit {reference} (look at its tags with `git ls-remote {repo}`)"
    )]
    NoSuchRef {
        /// The repository.
        repo: GitUrl,
        /// What was asked for.
        reference: GitRef,
    },
    /// It does not hold a commit, for example one that was only ever made on a host.
    #[error("{repo} does not hold commit {sha}")]
    NoSuchCommit {
        /// The repository.
        repo: GitUrl,
        /// The commit.
        sha: CommitSha,
    },
    /// Git could not do it.
    #[error("git could not {what} {repo}: {message}")]
    Failed {
        /// The repository.
        repo: GitUrl,
        /// What was tried, as a verb: `fetch from`.
        what: &'static str,
        /// What git said, and what to do.
        message: Safe,
    },
}

/// Where in the repository the parts stand that a change is described by; relative to its top.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepositoryLayout {
    /// Folder with one folder a migration (`cml_migrations_dir`).
    pub migrations_dir: String,
    /// Compose files (`cml_compose_files`); empty means those that Compose looks for by itself.
    pub compose_files: Vec<String>,
}

/// Looking at a repository from the control machine.
#[async_trait]
pub trait RepositoryView: Send + Sync + 'static {
    /// Brings our copy up to date and says which commit a ref means now; a tag is peeled.
    async fn resolve(
        &self,
        repo: &GitUrl,
        reference: &GitRef,
    ) -> Result<CommitSha, RepositoryError>;
    /// What lies between two commits, from our copy as `resolve` left it.
    async fn change(
        &self,
        repo: &GitUrl,
        from: &CommitSha,
        to: &CommitSha,
        layout: &RepositoryLayout,
    ) -> Result<Change, RepositoryError>;
}
