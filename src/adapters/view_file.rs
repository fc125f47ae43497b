//! The file of what an operator chose to see: `view.yaml` in the folder of the state.
//!
//! **Invariant:** a change is made to what the file holds now, under a lock, and replaces the file only when it reads
//! back the same. A file that cannot be read is kept beside the new one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::paths::StateDir;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::view::{SavedView, ViewChange};

/// The longest file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

/// Where it stands.
#[derive(Debug, Clone)]
pub struct ViewFile {
    state: StateDir,
}

impl ViewFile {
    /// In this folder.
    pub fn below(state: StateDir) -> Self {
        Self { state }
    }

    /// A folder beside it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.state.path().join(name)
    }

    fn path(&self) -> PathBuf {
        self.state.path().join("view.yaml")
    }

    /// What was chosen, or nothing and why.
    pub fn load(&self) -> (SavedView, Option<Diagnostic>) {
        match self.read() {
            Ok(Ok(view)) => (view, None),
            Ok(Err(problem)) => (SavedView::default(), Some(problem)),
            Err(error) => {
                let text = format!("{error}");
                let problem = SavedView::parse(&self.path().to_string_lossy(), "- x").err();
                let problem = problem.map(|mut problem| {
                    problem.message = crate::domain::untrusted::Safe::line(&text);
                    problem
                });
                (SavedView::default(), problem)
            }
        }
    }

    fn read(&self) -> io::Result<Result<SavedView, Diagnostic>> {
        let path = self.path();
        match std::fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Ok(SavedView::default()));
            }
            Err(error) => return Err(error),
            Ok(meta) if meta.len() > MAX_BYTES => {
                return Err(io::Error::other("view.yaml is larger than a megabyte"));
            }
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        Ok(SavedView::parse(&path.to_string_lossy(), &text))
    }

    /// Makes one change in the file.
    pub fn save(&self, change: &ViewChange) -> io::Result<()> {
        self.state.prepare()?;
        let lock = private(&self.state.path().join("view.lock"))?;
        flock(&lock, FlockOperation::LockExclusive)?;
        let mut view = if let Ok(view) = self.read()? {
            view
        } else {
            self.keep_aside()?;
            SavedView::default()
        };
        view.apply(change);
        let text = view.to_yaml().map_err(io::Error::other)?;
        if SavedView::parse("view.yaml", &text).as_ref() != Ok(&view) {
            return Err(io::Error::other("what was chosen does not read back as it was written"));
        }
        let new = self.state.path().join("view.yaml.new");
        let mut file = private(&new)?;
        file.set_len(0)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, self.path())
    }

    /// Moves a file that cannot be read to a name that is free.
    fn keep_aside(&self) -> io::Result<()> {
        for n in 1..1_000 {
            let aside = self.state.path().join(format!("view.yaml.broken-{n}"));
            // A link fails where the name is taken, and nothing is lost between the two steps.
            match std::fs::hard_link(self.path(), &aside) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("there are 999 broken copies of view.yaml already"))
    }
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_two_cockpits_are_both_kept_and_a_broken_file_is_not_lost() {
        let dir = tempfile::tempdir().unwrap();
        let file = ViewFile::below(StateDir::at(dir.path()));
        assert_eq!(file.load(), (SavedView::default(), None));
        let other = file.clone();
        file.save(&ViewChange::Sort("disk_ratio".into())).unwrap();
        other.save(&ViewChange::Theme("nord".into())).unwrap();
        let (view, problem) = file.load();
        assert_eq!((view.sort(), view.theme(), problem), (Some("disk_ratio"), Some("nord"), None));

        std::fs::write(file.path(), "sort: [\n").unwrap();
        let (view, problem) = file.load();
        assert_eq!(view, SavedView::default());
        assert!(problem.unwrap().message.to_string().contains("no YAML"));
        file.save(&ViewChange::Sort("release".into())).unwrap();
        assert_eq!(file.load().0.sort(), Some("release"));
        let kept = std::fs::read_to_string(dir.path().join("view.yaml.broken-1")).unwrap();
        assert_eq!(kept, "sort: [\n");
    }
}
