//! Where the vault password comes from: a file, or a program that prints it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::domain::untrusted::Safe;

/// There is no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the vault password of {file}: {what}")]
pub struct PasswordError {
    file: Safe,
    what: Safe,
}

/// The passwords that one source gives, by label.
pub struct Passwords {
    source: PathBuf,
    known: BTreeMap<String, Zeroizing<String>>,
}

impl Passwords {
    /// Of this file or program, by Ansible's rules: an executable file is run.
    pub fn from(source: &Path) -> Self {
        Self {
            source: std::path::absolute(source).unwrap_or_else(|_| source.into()),
            known: BTreeMap::new(),
        }
    }

    /// The password for a label. A program whose name ends in `-client` is told the label; every other source has one
    /// password for all.
    pub fn of(&mut self, label: &str) -> Result<&str, PasswordError> {
        let is_client =
            self.source.file_stem().is_some_and(|n| n.to_string_lossy().ends_with("-client"));
        let key = if is_client { label } else { "" };
        if !self.known.contains_key(key) {
            let password = self.read(is_client.then_some(label))?;
            self.known.insert(key.to_owned(), password);
        }
        let missing = || self.trouble("it gave none");
        self.known.get(key).map(|p| p.as_str()).ok_or_else(missing)
    }

    fn read(&self, label: Option<&str>) -> Result<Zeroizing<String>, PasswordError> {
        let io = |error: std::io::Error| self.trouble(&error.to_string());
        let meta = std::fs::metadata(&self.source).map_err(io)?;
        let text = if meta.is_file() && meta.permissions().mode() & 0o111 != 0 {
            let mut program = Command::new(&self.source);
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
            let text = Zeroizing::new(std::fs::read_to_string(&self.source).map_err(io)?);
            Zeroizing::new(text.trim().to_owned())
        };
        if text.is_empty() { Err(self.trouble("it is empty")) } else { Ok(text) }
    }

    fn trouble(&self, what: &str) -> PasswordError {
        PasswordError { file: Safe::line(&self.source.to_string_lossy()), what: Safe::line(what) }
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
        Passwords::from(&path).of("prod").map(str::to_owned).map_err(|e| e.to_string())
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
        assert!(Passwords::from(Path::new("/nonexistent/pass")).of("x").is_err());
    }
}
