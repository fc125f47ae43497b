//! `bunker vault edit`: secrets as text in the operator's editor.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use color_eyre::eyre::WrapErr;
use zeroize::Zeroizing;

use super::super::audit::audited_files;
use super::super::exit::{Exit, Trouble};
use super::super::{Context, wiring};
use super::owners::owner;
use super::{author, deed_of, say};
use crate::adapters::vault::{Owner, VaultFile};
use crate::domain::audit::{Deed, Facts};
use crate::domain::secret::{Secret, SecretName, Secrets};
use crate::domain::untrusted::Safe;
use crate::engine::ports::VaultError;

/// Opens the secrets of an owner in the editor. Only what was changed there is changed here, on the vault as it is by
/// then; what another has changed meanwhile is not overwritten.
pub(super) fn edit(context: &Context, of: &str) -> Result<Exit, Trouble> {
    let owner = owner(context, of)?;
    let keys = wiring::keys();
    let file = VaultFile::of(&context.inventory, &owner, &keys);
    let (before, generations) = open_all(&file)?;
    let draft = Draft::new(text(&owner, &before))?;
    loop {
        let after = match draft.edited().and_then(|text| parse(&text)) {
            Ok(after) => after,
            Err(what) => {
                if again(&what)? {
                    continue;
                }
                return Err(draft.keep(&what));
            }
        };
        if after == before {
            say("nothing was changed");
            return Ok(Exit::Ok);
        }
        let files = [file.path().to_owned()];
        let (deed, what) = (told(&owner, &before, &after), format!("edit secrets of {owner}"));
        let applied = audited_files(context, deed, &files, &what, |_| {
            Ok((apply(&file, &before, &after, &generations)?, Facts::new()))
        });
        return match applied {
            Ok(n) => {
                say(&format!("changed {n} secrets of {owner}"));
                Ok(Exit::Ok)
            }
            Err(error) => Err(draft.keep(&error.to_string())),
        };
    }
}

/// Which secrets are changed, and how.
fn told(owner: &Owner, before: &Secrets, after: &Secrets) -> Deed {
    let mut deed = deed_of("vault-edit", owner);
    for name in before.keys().chain(after.keys()).filter(|n| before.get(*n) != after.get(*n)) {
        let word = match (before.get(name), after.get(name)) {
            (None, _) => "new",
            (Some(_), None) => "removed",
            (Some(_), Some(_)) => "changed",
        };
        deed = deed.after(name.as_str(), word);
    }
    deed
}

type Generations = BTreeMap<SecretName, u32>;

fn open_all(file: &VaultFile<'_>) -> Result<(Secrets, Generations), Trouble> {
    let document = file.look()?.unwrap_or_default();
    let (mut secrets, mut generations) = (Secrets::new(), Generations::new());
    for (name, entry) in &document.secrets {
        secrets.insert(name.clone(), file.open(&document, name, entry)?);
        generations.insert(name.clone(), entry.generation);
    }
    Ok((secrets, generations))
}

fn text(owner: &Owner, secrets: &Secrets) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(64 * 1024));
    let _ = writeln!(
        out,
        "# The secrets of {owner}, one a line: vault_name: value. A line that is taken out removes the secret."
    );
    for (name, secret) in secrets {
        // A JSON string is a YAML string, whatever is in it.
        let value = Zeroizing::new(serde_json::Value::from(secret.expose()).to_string());
        out.push_str(name.as_str());
        out.push_str(": ");
        out.push_str(&value);
        out.push('\n');
    }
    out
}

fn parse(text: &str) -> Result<Secrets, String> {
    let written = text.lines().any(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#'));
    if !written {
        return Ok(Secrets::new());
    }
    // What the parser says of a text would quote it.
    let values: BTreeMap<String, String> = serde_yaml::from_str(text).map_err(|error| {
        let at = error.location().map(|l| format!(" near line {}", l.line()));
        format!("this is no list of `vault_name: value`{}", at.unwrap_or_default())
    })?;
    let one = |(name, value): (String, String)| match name.parse::<SecretName>() {
        Ok(_) if value.is_empty() => {
            Err(format!("{name} is empty: take the line out, or give it a value"))
        }
        Ok(name) => Ok((name, Secret::new(value))),
        Err(error) => Err(error.to_string()),
    };
    values.into_iter().map(one).collect()
}

fn apply(
    file: &VaultFile<'_>,
    before: &Secrets,
    after: &Secrets,
    generations: &Generations,
) -> Result<usize, VaultError> {
    let names = before.keys().chain(after.keys());
    let mut names: Vec<&SecretName> = names.filter(|n| before.get(*n) != after.get(*n)).collect();
    names.sort();
    names.dedup();
    file.change(|vault| {
        for name in &names {
            let now = vault.document().secrets.get(*name).map(|e| e.generation);
            if now != generations.get(*name).copied() {
                return Err(VaultError::File {
                    file: Safe::line(&file.path().to_string_lossy()),
                    what: Safe::line(&format!("somebody else has changed {name} meanwhile")),
                });
            }
            match after.get(*name) {
                Some(value) => {
                    vault.set(name, value, &author())?;
                }
                None => {
                    vault.remove(name);
                }
            }
        }
        Ok(names.len())
    })
}

fn again(what: &str) -> Result<bool, Trouble> {
    say(what);
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let mut err = std::io::stderr().lock();
    write!(err, "edit again? [Y/n] ").and_then(|()| err.flush()).wrap_err("asking")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).wrap_err("reading the answer")?;
    Ok(!answer.trim().to_ascii_lowercase().starts_with('n') && !answer.is_empty())
}

/// The text while it is being edited: in memory, 0600, wiped at the end.
struct Draft {
    given: Zeroizing<String>,
    folder: PathBuf,
    file: PathBuf,
    kept: std::cell::Cell<bool>,
}

impl Draft {
    fn new(text: Zeroizing<String>) -> Result<Self, Trouble> {
        let above = memory_folder().ok_or_else(|| {
            let why = "there is no folder in memory (/dev/shm or XDG_RUNTIME_DIR) where secrets may lie while they \
are edited: use `bunker vault set`";
            Trouble::new(Exit::Refused, why)
        })?;
        let folder = tempfile::Builder::new().prefix("bunker-").tempdir_in(above);
        let folder = folder.wrap_err("making a folder for the editor")?;
        let owner = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder.path(), owner)
            .wrap_err("making a folder for the editor")?;
        let folder = folder.keep();
        let (file, kept) = (folder.join("secrets.yml"), std::cell::Cell::new(false));
        let draft = Self { given: text, file, folder, kept };
        let mut options = std::fs::File::options();
        let file =
            std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
        let mut file = file.open(&draft.file).wrap_err("writing for the editor")?;
        file.write_all(draft.given.as_bytes()).wrap_err("writing for the editor")?;
        Ok(draft)
    }

    /// Lets the editor run and gives what it left.
    fn edited(&self) -> Result<Zeroizing<String>, String> {
        let set = |name| std::env::var(name).ok().filter(|v: &String| !v.trim().is_empty());
        let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
        // As git does: the variable is a piece of shell, the file its argument.
        let ended = Command::new("/bin/sh")
            .args(["-c", &format!("{editor} \"$@\""), "sh"])
            .arg(&self.file)
            .status();
        match ended {
            Err(error) => return Err(format!("the editor did not start: {error}")),
            Ok(status) if !status.success() => {
                return Err(format!("the editor ended with {status}"));
            }
            Ok(_) => {}
        }
        std::fs::read_to_string(&self.file).map(Zeroizing::new).map_err(|e| e.to_string())
    }

    /// Whether the text is as it was given and nothing lies beside it: an editor that was ended may have left what was typed in a
    /// file of its own.
    fn is_untouched(&self) -> bool {
        let n_files = std::fs::read_dir(&self.folder).map_or(0, Iterator::count);
        let left = std::fs::read(&self.file).map(Zeroizing::new);
        n_files == 1 && left.is_ok_and(|left| *left == self.given.as_bytes())
    }

    /// Leaves the text where it is, so that nothing that was typed is lost. Where nothing was typed no secret stays behind.
    fn keep(&self, what: &str) -> Trouble {
        if self.is_untouched() {
            return Trouble::new(Exit::Failed, format!("{what}; nothing was changed"));
        }
        self.kept.set(true);
        let file = Safe::line(&self.file.to_string_lossy());
        let why = format!(
            "{what}; nothing was changed. What you wrote is in {file}, in memory only: remove it when you are done"
        );
        Trouble::new(Exit::Failed, why)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.kept.get() {
            return;
        }
        // An editor may have left copies beside it.
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if let Ok(meta) = entry.metadata() {
                let blank = vec![0; usize::try_from(meta.len()).unwrap_or(0)];
                drop(std::fs::write(entry.path(), blank));
            }
        }
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A folder that is in memory and is ours or everybody's with the sticky bit.
fn memory_folder() -> Option<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|p| {
        std::fs::metadata(p).is_ok_and(|m| m.uid() == rustix::process::geteuid().as_raw())
    });
    let shared = Path::new("/dev/shm").to_owned();
    runtime.into_iter().chain([shared]).find(|p| in_memory(p))
}

fn in_memory(path: &Path) -> bool {
    const TMPFS: i64 = 0x0102_1994;
    const RAMFS: i64 = 0x8584_58f6;
    #[expect(clippy::unnecessary_cast, reason = "the type differs between kernels")]
    rustix::fs::statfs(path).is_ok_and(|fs| [TMPFS, RAMFS].contains(&(fs.f_type as i64)))
}
