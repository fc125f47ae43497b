//! A playbook of Ansible that runs as a workflow: what is wished of it, and what of it was approved.

use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::ids::InvalidName;
use crate::domain::text_type::text_type;
use crate::domain::untrusted::Safe;

text_type!(
    /// The path of a playbook on this machine: it ends in `.yml` or `.yaml`, is printable, does not begin with `-`
    /// or `@`, at most 500 characters.
    PlaybookPath
);

text_type!(
    /// A tag of Ansible: letters, digits, `_`, `.`, `:` and `-`, not beginning with `-`.
    AnsibleTag
);

impl FromStr for PlaybookPath {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ends =
            [".yml", ".yaml"].iter().any(|end| text.len() > end.len() && text.ends_with(end));
        let chars_ok = !text.chars().any(|c| c.is_control() || c == '\u{fffd}');
        if ends && chars_ok && !text.starts_with(['-', '@']) && text.len() <= 500 {
            Ok(Self(text.into()))
        } else {
            let rule = "name a file that ends in .yml or .yaml and does not begin with `-` or `@`";
            Err(InvalidName::new("playbook", text, rule))
        }
    }
}

impl FromStr for AnsibleTag {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
        if !text.is_empty()
            && text.chars().all(known)
            && !text.starts_with('-')
            && text.len() <= 100
        {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new("tag", text, "use letters, digits, `_`, `.`, `:` and `-`"))
        }
    }
}

/// What is wished of a playbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookWish {
    /// Which.
    pub path: PlaybookPath,
    /// Only tasks with one of these tags; empty means all.
    #[serde(default)]
    pub tags: Vec<AnsibleTag>,
    /// No task with one of these tags.
    #[serde(default)]
    pub skip_tags: Vec<AnsibleTag>,
    /// Ansible's check mode: what would be changed.
    #[serde(default)]
    pub check: bool,
    /// What changes in files is shown.
    #[serde(default)]
    pub diff: bool,
}

impl PlaybookWish {
    /// All of a playbook.
    pub fn of(path: PlaybookPath) -> Self {
        Self { path, tags: Vec::new(), skip_tags: Vec::new(), check: false, diff: false }
    }

    /// Reads a line as it follows `bunker ansible`: the path, which may hold blanks, then options.
    pub fn parse(line: &str) -> Result<Self, InvalidName> {
        let at = line.find(" --").unwrap_or(line.len());
        let (path, options) = line.split_at_checked(at).unwrap_or((line, ""));
        let mut wish = Self::of(path.trim().parse()?);
        let mut words = options.split_whitespace();
        while let Some(word) = words.next() {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let mut value = || match value {
                "" => words.next().unwrap_or_default(),
                value => value,
            };
            match name {
                "--check" => wish.check = true,
                "--diff" => wish.diff = true,
                "--tags" => wish.tags.extend(tags(value())?),
                "--skip-tags" => wish.skip_tags.extend(tags(value())?),
                _ => {
                    let rule = "use --check, --diff, --tags A,B and --skip-tags A,B";
                    return Err(InvalidName::new("option", word, rule));
                }
            }
        }
        Ok(wish)
    }

    /// Its options as words of a command line, each led by a blank.
    pub fn options(&self) -> String {
        let mut line = String::new();
        for (name, tags) in [("--tags", &self.tags), ("--skip-tags", &self.skip_tags)] {
            if !tags.is_empty() {
                let tags: Vec<&str> = tags.iter().map(AnsibleTag::as_str).collect();
                line.extend([format!(" {name} {}", tags.join(","))]);
            }
        }
        for (name, set) in [(" --check", self.check), (" --diff", self.diff)] {
            line.push_str(if set { name } else { "" });
        }
        line
    }
}

/// Reads tags between commas.
pub fn tags(text: &str) -> Result<Vec<AnsibleTag>, InvalidName> {
    text.split(',').map(|tag| tag.trim().parse()).collect()
}

/// A playbook as it stood when the plan was made. The worker looks again and refuses another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookFiles {
    /// Where it is, absolute.
    pub path: PlaybookPath,
    /// Where `ansible-playbook` runs: the nearest folder above with an `ansible.cfg`, else that of the playbook.
    pub folder: PathBuf,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// SHA-256 over what it may use besides: the other YAML files, roles, templates, plugins and variables beside it,
    /// `ansible.cfg`, and the inventory.
    pub around_sha256: String,
    /// How many files these are.
    pub n_around: u32,
    /// Which ansible-core would run it, as it says itself.
    pub version: Safe,
}

/// What a plan says about its playbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playbook {
    /// What is wished; its path is absolute.
    pub wish: PlaybookWish,
    /// What was approved.
    pub files: PlaybookFiles,
    /// The inventory folder.
    pub inventory: PathBuf,
    /// Whether the password for Ansible's vault comes from ours.
    pub vault_password: bool,
}

/// The secret that is Ansible's vault password.
pub const ANSIBLE_PASSWORD: &str = "vault_ansible_password";

impl Playbook {
    /// What to know of it before it starts, one line each: a label and a text.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let files = &self.files;
        let short = |hash: &str| hash.get(..16).unwrap_or(hash).to_owned();
        let password = if self.vault_password {
            format!("{ANSIBLE_PASSWORD} of our vault, by a script that nobody else can run")
        } else {
            format!("none: no target has the secret {ANSIBLE_PASSWORD}")
        };
        let mut facts = vec![
            ("playbook", format!("{}{}", files.path, self.wish.options())),
            (
                "sha256",
                format!(
                    "{}… and {}… of {} files around it",
                    short(&files.sha256),
                    short(&files.around_sha256),
                    files.n_around
                ),
            ),
            ("by", format!("{} in {}", files.version, files.folder.display())),
            ("vault", password),
        ];
        if self.wish.check {
            facts.push((
                "check",
                "nothing is changed, but by tasks with check_mode: false".to_owned(),
            ));
        }
        facts.push((
            "worker",
            "it runs here and ends with its worker: such a run cannot be resumed".to_owned(),
        ));
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_and_written_back() {
        let wish = PlaybookWish::parse("books/my site.yml --check --tags a,b --skip-tags=c --diff")
            .unwrap();
        assert_eq!(wish.path.as_str(), "books/my site.yml");
        assert_eq!(wish.options(), " --tags a,b --skip-tags c --check --diff");
        assert_eq!(
            PlaybookWish::parse(" site.yaml ").unwrap(),
            PlaybookWish::of("site.yaml".parse().unwrap())
        );
    }

    #[test]
    fn what_could_be_an_option_or_is_no_playbook_is_refused() {
        for line in [
            "",
            "-e.yml",
            "@x.yml",
            "site.txt",
            ".yml",
            "a\nb.yml",
            "x.yml --extra-vars a",
            "x.yml --tags",
            "x.yml --tags a,-b",
            "x.yml --tags a,,b",
        ] {
            assert!(PlaybookWish::parse(line).is_err(), "{line:?}");
        }
    }
}
