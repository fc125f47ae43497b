//! Where vault passwords come from: files, and programs that print one; each for a label or for all.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::envelope::{self, EnvelopeError};
use crate::domain::untrusted::Safe;

/// There is no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the vault password of {file}: {what}")]
pub struct PasswordError {
    file: Safe,
    what: Safe,
}

/// Why what is encrypted stays so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// A password cannot be had.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// What is encrypted is of no form that is known, or its one password is wrong.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// No password opens it.
    #[error("none of the {n} vault passwords opens what is labelled {label}, or it is damaged")]
    None {
        /// Passwords that were tried.
        n: usize,
        /// What the envelope says of itself.
        label: Safe,
    },
}

/// A file or program with a password, as `--vault-id` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    label: Option<String>,
    path: PathBuf,
}

impl Source {
    /// For every label.
    pub fn file(path: &Path) -> Self {
        Self { label: None, path: path.to_owned() }
    }

    /// `LABEL@FILE`, or `FILE` for every label. Source: `CLI.split_vault_id` of ansible-core.
    pub fn id(text: &str) -> Self {
        match text.split_once('@') {
            Some((label, path)) => {
                let label = Some(label).filter(|label| !label.is_empty()).map(str::to_owned);
                Self { label, path: path.into() }
            }
            None => Self::file(Path::new(text)),
        }
    }

    /// `LABEL@FILE,LABEL@FILE`, as in `ANSIBLE_VAULT_IDENTITY_LIST`.
    pub fn list(text: &str) -> impl Iterator<Item = Self> {
        text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(Self::id)
    }

    /// A program whose name ends in `-client` gives a password for each label that it is told.
    fn is_client(&self) -> bool {
        self.path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("-client"))
    }

    /// The label that the program is told.
    fn told<'a>(&'a self, label: &'a str) -> Option<&'a str> {
        self.is_client().then(|| self.label.as_deref().unwrap_or(label))
    }

    fn read(&self, label: Option<&str>) -> Result<Zeroizing<String>, PasswordError> {
        let io = |error: std::io::Error| self.trouble(&error.to_string());
        if self.path.as_os_str() == "prompt" {
            return Err(self.trouble("it is not asked for here: name a file or a program"));
        }
        let path = std::path::absolute(&self.path).map_err(io)?;
        let meta = std::fs::metadata(&path).map_err(io)?;
        let text = if meta.is_file() && meta.permissions().mode() & 0o111 != 0 {
            let mut program = Command::new(&path);
            if let Some(label) = label {
                program.args(["--vault-id", label]);
            }
            let ended =
                program.stdin(Stdio::inherit()).stderr(Stdio::inherit()).output().map_err(io)?;
            let bytes = Zeroizing::new(ended.stdout);
            if !ended.status.success() {
                return Err(self.trouble(&format!("the program ended with {}", ended.status)));
            }
            let text = std::str::from_utf8(&bytes).map_err(|_| self.trouble("it is no UTF-8"))?;
            Zeroizing::new(text.trim_matches(['\r', '\n']).to_owned())
        } else {
            let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(io)?);
            Zeroizing::new(text.trim().to_owned())
        };
        if text.is_empty() { Err(self.trouble("it is empty")) } else { Ok(text) }
    }

    fn trouble(&self, what: &str) -> PasswordError {
        PasswordError { file: Safe::line(&self.path.to_string_lossy()), what: Safe::line(what) }
    }
}

/// The passwords that the sources give; each is read when it is first needed, and once.
pub struct Passwords {
    sources: Vec<Source>,
    known: BTreeMap<(usize, String), Zeroizing<String>>,
}

impl Passwords {
    /// Of these, by Ansible's rules: an executable file is run.
    pub fn from(sources: Vec<Source>) -> Self {
        Self { sources, known: BTreeMap::new() }
    }

    /// Opens an envelope: those of its label are tried first, then all others, since a label is only a hint
    /// (`DEFAULT_VAULT_ID_MATCH` of ansible-core is off). What is told of a failure is of the first that was tried.
    pub fn decrypt(&mut self, envelope: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let label = envelope::label(envelope)?;
        let mut order: Vec<usize> = (0..self.sources.len()).collect();
        let is_other = |at: &usize| {
            self.sources.get(*at).is_none_or(|source| source.label.as_deref() != Some(label))
        };
        order.sort_by_key(is_other);
        let mut first = None;
        for at in order {
            match self.get(at, label) {
                Ok(password) => match envelope::decrypt(envelope, password) {
                    Err(EnvelopeError::Closed) => {}
                    ended => return Ok(ended?),
                },
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        Err(match (first, self.sources.len()) {
            (Some(error), _) => error.into(),
            (None, 1) => EnvelopeError::Closed.into(),
            (None, n) => OpenError::None { n, label: Safe::line(label) },
        })
    }

    /// The password to encrypt with: the first.
    pub fn first(&mut self) -> Result<&str, PasswordError> {
        self.get(0, "default")
    }

    fn get(&mut self, at: usize, label: &str) -> Result<&str, PasswordError> {
        let none = || Source::file(Path::new("")).trouble("none was named");
        let source = self.sources.get(at).ok_or_else(none)?;
        let told = source.told(label);
        let key = (at, told.unwrap_or_default().to_owned());
        if !self.known.contains_key(&key) {
            let password = source.read(told)?;
            self.known.insert(key.clone(), password);
        }
        self.known.get(&key).map(|p| p.as_str()).ok_or_else(|| source.trouble("it gave none"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    fn given(name: &str, text: &str, mode: u32) -> Result<String, String> {
        let (_dir, path) = source(name, text, mode);
        let source = Source::file(&path);
        source.read(source.told("prod")).map(|p| p.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_file_is_stripped_and_a_program_is_run() {
        assert_eq!(given(".vault_pass", "  s3cret\n\n", 0o600), Ok("s3cret".to_owned()));
        assert_eq!(given("pass", "#!/bin/sh\necho ' s3cret '\n", 0o700), Ok(" s3cret ".to_owned()));
        let client = "#!/bin/sh\n[ \"$1\" = --vault-id ] && echo \"for $2\"\n";
        assert_eq!(given("my-client.sh", client, 0o700), Ok("for prod".to_owned()));
        for (text, mode, told) in [
            (" \n", 0o600, "it is empty"),
            ("#!/bin/sh\nexit 2\n", 0o700, "the program ended with"),
            ("#!/bin/sh\n", 0o700, "it is empty"),
        ] {
            let error = given("pass", text, mode).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        assert!(
            Passwords::from(vec![Source::file(Path::new("/nonexistent/pass"))]).first().is_err()
        );
    }

    #[test]
    fn a_label_says_which_password_is_tried_first_and_the_others_follow() {
        let (dir, dev) = source("dev", "for dev", 0o600);
        let prod = dir.path().join("prod-client");
        std::fs::write(&prod, "#!/bin/sh\necho x >>$0.runs; echo \"for $2\"\n").unwrap();
        std::fs::set_permissions(&prod, std::fs::Permissions::from_mode(0o700)).unwrap();
        let list = format!(" dev@{}, prod@{} ,", dev.display(), prod.display());
        let mut passwords = Passwords::from(Source::list(&list).collect());
        assert_eq!(passwords.first(), Ok("for dev"));
        let sealed = |password: &str, label: &str| {
            let text = envelope::encrypt(b"value", password, &[7; 32]).unwrap();
            text.replace("1.1;AES256", &format!("1.2;AES256;{label}"))
        };
        let runs =
            || std::fs::read_to_string(dir.path().join("prod-client.runs")).unwrap_or_default();
        for (password, label, n_runs) in [
            ("for dev", "dev", 0),
            ("for prod", "prod", 1),
            ("for dev", "prod", 1),
            ("for prod", "x", 1),
        ] {
            let opened = passwords.decrypt(&sealed(password, label)).unwrap();
            assert_eq!((&opened[..], runs().lines().count()), (&b"value"[..], n_runs), "{label}");
        }
        let told = passwords.decrypt(&sealed("another", "prod")).unwrap_err().to_string();
        assert!(
            told.contains("none of the 2 vault passwords opens what is labelled prod"),
            "{told}"
        );
        let mut asked = Passwords::from(vec![Source::id("dev@prompt")]);
        let told = asked.decrypt(&sealed("another", "dev")).unwrap_err().to_string();
        assert!(told.contains("name a file or a program"), "{told}");
    }
}
