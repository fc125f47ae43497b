//! The key by which a host was known, where it sends another one.

use crate::domain::audit::fingerprint;
use crate::domain::base64::base64;

/// Where the key stands that a host's own does not fit: `Offending ED25519 key in FILE:LINE`, as ssh says it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Offending<'a> {
    kind: &'a str,
    pub(super) file: &'a str,
    line: usize,
}

impl<'a> Offending<'a> {
    /// What ssh's log says of it.
    pub(super) fn of(log: &'a str) -> Option<Self> {
        let said = log.lines().find_map(|line| line.trim().strip_prefix("Offending "))?;
        let (kind, place) = said.split_once(" key in ")?;
        let (file, line) = place.trim().rsplit_once(':')?;
        Some(Self { kind, file, line: line.parse().ok()? })
    }

    /// Its fingerprint and place, as a sentence part; without the fingerprint where the file cannot be read any more.
    pub(super) fn words(&self) -> String {
        let text = std::fs::read_to_string(self.file).unwrap_or_default();
        let line = text.lines().nth(self.line.saturating_sub(1)).unwrap_or_default();
        let print = print_of(line).map(|print| format!("{print}, ")).unwrap_or_default();
        format!(", known is {print}{} key in {}:{}", self.kind, self.file, self.line)
    }
}

/// The fingerprint of the key in a line of a `known_hosts` file: sshd(8), where it tells of the format of that file. A line
/// may begin with a marker such as `@revoked`.
fn print_of(line: &str) -> Option<String> {
    let mut words = line.split_ascii_whitespace().skip_while(|word| word.starts_with('@'));
    let (_hosts, _kind, key) = (words.next()?, words.next()?, words.next()?);
    Some(fingerprint(&base64(key).filter(|key| !key.is_empty())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key and its fingerprint as `ssh-keygen -l` of OpenSSH 9.2 printed it.
    const LINE: &str = "web-1,10.0.0.7 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAMxPEY1O+CQQ2mSyo61oU8/QFEoQSeJUuA7nVIJA5V4";
    const PRINT: &str = "SHA256:cCVdbF5mkXg/2g3iMr4LqksxFPwYuEEyQqDS9e/xEqE";

    #[test]
    fn a_known_key_has_the_fingerprint_that_openssh_prints() {
        assert_eq!(print_of(LINE).as_deref(), Some(PRINT));
        assert_eq!(print_of(&format!("@revoked {LINE}")).as_deref(), Some(PRINT));
        for odd in ["", "host ssh-ed25519", "host ssh-ed25519 !!!"] {
            assert_eq!(print_of(odd), None, "{odd}");
        }
    }

    #[test]
    fn where_it_stands_is_read_from_what_ssh_says() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("known hosts");
        std::fs::write(&file, format!("# mine\n{LINE}\n")).unwrap();
        let log = format!("WARNING\nOffending ED25519 key in {}:2\n  remove with:", file.display());
        let words = Offending::of(&log).unwrap().words();
        assert_eq!(words, format!(", known is {PRINT}, ED25519 key in {}:2", file.display()));
        let gone = Offending::of("Offending RSA key in /nowhere:1").unwrap();
        assert_eq!(gone.words(), ", known is RSA key in /nowhere:1");
        assert_eq!(Offending::of("Host key verification failed."), None);
    }
}
