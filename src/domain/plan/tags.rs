//! Tags: names of parts of a workflow, by which a person takes some of it, or all but some.

use std::fmt;

use crate::domain::ids::InvalidName;
use crate::domain::untrusted::Safe;

/// A part of a deployment. A step may belong to several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "the names say it, and docs/operations.md says which steps each has"
)]
pub enum Tag {
    Common,
    Deploy,
    Env,
    Build,
    Migrate,
    Seed,
    Backup,
    Validate,
}

impl Tag {
    /// All, in the order of the steps.
    pub const ALL: [Self; 8] = [
        Self::Common,
        Self::Deploy,
        Self::Env,
        Self::Build,
        Self::Migrate,
        Self::Seed,
        Self::Backup,
        Self::Validate,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Common => "common",
            Self::Deploy => "deploy",
            Self::Env => "env",
            Self::Build => "build",
            Self::Migrate => "migrate",
            Self::Seed => "seed",
            Self::Backup => "backup",
            Self::Validate => "validate",
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which parts are wanted. The default is all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagChoice {
    /// Only steps with one of these; empty means all.
    pub only: Vec<Tag>,
    /// No step with one of these.
    pub skip: Vec<Tag>,
}

impl TagChoice {
    /// Reads `--tags` and `--skip-tags`: names between commas. An unknown name is an error that lists the known.
    pub fn parse(only: &[String], skip: &[String]) -> Result<Self, InvalidName> {
        Ok(Self { only: tags(only)?, skip: tags(skip)? })
    }

    /// Why a step with these tags is left out; `None` where it is not.
    pub fn leaves_out(&self, tags: &[Tag]) -> Option<Safe> {
        if let Some(skipped) = tags.iter().find(|tag| self.skip.contains(tag)) {
            return Some(Safe::line(&format!("--skip-tags {skipped}")));
        }
        let wanted = self.only.is_empty() || tags.iter().any(|tag| self.only.contains(tag));
        if wanted {
            return None;
        }
        let names: Vec<&str> = tags.iter().map(|tag| tag.name()).collect();
        Some(Safe::line(&format!("not in --tags: it has {}", names.join(", "))))
    }
}

fn tags(words: &[String]) -> Result<Vec<Tag>, InvalidName> {
    let names = words.iter().flat_map(|word| word.split(',')).map(str::trim);
    names
        .map(|name| {
            let found = Tag::ALL.into_iter().find(|tag| tag.name() == name);
            let rule = "the tags are common, deploy, env, build, migrate, seed, backup, validate";
            found.ok_or_else(|| InvalidName::new("tag", name, rule))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(only: &str, skip: &str) -> TagChoice {
        let words = |text: &str| -> Vec<String> {
            (!text.is_empty()).then(|| text.to_owned()).into_iter().collect()
        };
        TagChoice::parse(&words(only), &words(skip)).unwrap()
    }

    #[test]
    fn tags_choose_as_ansible_does() {
        let checks = [Tag::Deploy, Tag::Validate];
        assert_eq!(choice("", "").leaves_out(&[Tag::Common]), None);
        assert_eq!(choice("env,deploy", "").leaves_out(&checks), None);
        assert!(choice("env,deploy", "").leaves_out(&[Tag::Common]).is_some());
        assert!(choice("deploy", "validate").leaves_out(&checks).is_some());
        assert!(choice("", "common").leaves_out(&[Tag::Common]).is_some());
    }

    #[test]
    fn an_unknown_tag_is_an_error_that_lists_those_that_are() {
        let error = TagChoice::parse(&["env,comon".to_owned()], &[]).unwrap_err();
        assert_eq!(error.text, "comon");
        for tag in Tag::ALL {
            assert!(error.rule.contains(tag.name()), "{tag}");
        }
    }
}
