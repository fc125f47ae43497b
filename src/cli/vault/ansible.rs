//! `bunker vault import-ansible` and `export-ansible`.

use std::fmt::Write as _;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use color_eyre::eyre::WrapErr;
use zeroize::Zeroizing;

use super::super::args_vault::VaultPasswords;
use super::super::audit::audited_files;
use super::super::exit::{Exit, Trouble};
use super::super::{Context, wiring};
use super::owners::owner;
use super::{author, deed_of, say};
use crate::adapters::ansible::{self, Passwords, Source, Taken};
use crate::adapters::vault::{Owner, VaultFile};
use crate::domain::audit::Facts;
use crate::domain::secret::{SecretName, Secrets};
use crate::domain::untrusted::Safe;

/// Takes the values over; nothing is changed where one of them cannot be read. Ansible's own files stay as they are.
pub(super) fn import(
    context: &Context,
    of: &str,
    files: &[PathBuf],
    passwords: &VaultPasswords,
) -> Result<Exit, Trouble> {
    let owner = owner(context, of)?;
    let files = if files.is_empty() { files_of(context, &owner)? } else { files.to_vec() };
    let mut passwords = Passwords::from(sources(passwords));
    let (mut named, mut left) = (Vec::new(), Vec::new());
    for file in &files {
        let taken = read(file, &mut passwords)?;
        let shown = Safe::line(&file.to_string_lossy());
        left.extend(taken.left.iter().map(|what| format!("{shown}: {what}")));
        for (variable, secret) in taken.values {
            named.push((secret_name(&variable)?, variable, secret));
        }
    }
    if named.is_empty() {
        let why = format!("no secret of ansible-vault was found for {owner}: name its files");
        return Err(Trouble::new(Exit::NotFound, why));
    }
    named.sort_by(|a, b| a.0.cmp(&b.0));
    let pairs = named.iter().zip(named.iter().skip(1));
    if let Some((a, b)) = pairs.into_iter().find(|(a, b)| a.0 == b.0 && a.2 != b.2) {
        let why = format!("{} and {} are both {}: nothing was changed", a.1, b.1, a.0);
        return Err(Trouble::new(Exit::Usage, Safe::line(&why)));
    }
    let keys = wiring::keys();
    let vault = VaultFile::of(&context.inventory, &owner, &keys);
    let mut deed = deed_of("vault-import", &owner);
    for (name, ..) in &named {
        deed = deed.after(name.as_str(), "taken over");
    }
    let what = format!("take over secrets of {owner} from ansible-vault");
    let changed = audited_files(context, deed, &[vault.path().to_owned()], &what, |_| {
        let changed = vault.change(|vault| {
            let mut changed = 0;
            for (name, _, secret) in &named {
                changed += usize::from(vault.set(name, secret, &author())?);
            }
            Ok(changed)
        })?;
        Ok((changed, Facts::new()))
    })?;
    say(&format!("took {} secrets of {owner} over, {changed} of them new or changed", named.len()));
    for (name, variable, _) in named.iter().filter(|(name, variable, _)| name.as_str() != variable)
    {
        say(&format!(
            "{variable} is {name} now: write {variable}: \"{{{{ {name} }}}}\" in its place"
        ));
    }
    for what in &left {
        say(what);
    }
    say("the files of Ansible are as they were: remove what was taken over when all works");
    Ok(if left.is_empty() { Exit::Ok } else { Exit::Findings })
}

fn read(file: &Path, passwords: &mut Passwords) -> Result<Taken, Trouble> {
    let shown = Safe::line(&file.to_string_lossy());
    let failed = |what: &dyn std::fmt::Display| {
        Trouble::new(Exit::Failed, format!("{shown}: {}", Safe::line(&what.to_string())))
    };
    let text = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    let mut open = |envelope: &str| -> Result<Zeroizing<String>, Trouble> {
        let plain = passwords.decrypt(envelope).map_err(|error| failed(&error))?;
        let text = std::str::from_utf8(&plain).map_err(|_| failed(&"a value is no text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    };
    if text.trim_start().starts_with("$ANSIBLE_VAULT;") {
        return ansible::whole(&open(&text)?).map_err(|what| failed(&what));
    }
    let (found, elsewhere) = ansible::inline(&text);
    let mut taken = Taken::default();
    for (name, envelope) in found {
        let value = open(&envelope)?;
        let value = crate::domain::secret::Secret::new(value.as_str().to_owned());
        taken.values.insert(name, value);
    }
    if elsewhere > 0 {
        taken.left.push(format!(
            "{elsewhere} encrypted values are no variables of their own: take them over by hand"
        ));
    }
    Ok(taken)
}

/// `vault_` and the name in lower case, where it is not one already.
fn secret_name(variable: &str) -> Result<SecretName, Trouble> {
    let lower = variable.to_ascii_lowercase();
    let name = if lower.starts_with("vault_") { lower } else { format!("vault_{lower}") };
    name.parse().map_err(|error| Trouble::new(Exit::Usage, error))
}

/// Files of the owner in the inventory in which something is encrypted.
fn files_of(context: &Context, owner: &Owner) -> Result<Vec<PathBuf>, Trouble> {
    let (above, name) = match owner {
        Owner::Group(group) => ("group_vars", group.to_string()),
        Owner::Host(host) => ("host_vars", host.to_string()),
    };
    let above = context.inventory.join(above);
    let mut files: Vec<PathBuf> = ["", ".yml", ".yaml", ".json"]
        .iter()
        .map(|end| above.join(format!("{name}{end}")))
        .filter(|path| path.is_file())
        .collect();
    let folder = above.join(&name);
    if folder.is_dir() {
        let entries = std::fs::read_dir(&folder).wrap_err("listing the files of the inventory")?;
        let names = [None, Some("yml"), Some("yaml"), Some("json")];
        let fits =
            |p: &PathBuf| p.is_file() && names.contains(&p.extension().and_then(|e| e.to_str()));
        files.extend(entries.flatten().map(|e| e.path()).filter(fits));
    }
    files.sort();
    files.retain(|f| std::fs::read_to_string(f).is_ok_and(|t| t.contains("$ANSIBLE_VAULT;")));
    Ok(files)
}

/// Where the passwords are: as `ansible-vault` would look for them. Source: `CLI.setup_vault_secrets` of ansible-core.
fn sources(given: &VaultPasswords) -> Vec<Source> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let listed = set("ANSIBLE_VAULT_IDENTITY_LIST").unwrap_or_default();
    let mut sources: Vec<Source> = Source::list(&listed).collect();
    sources.extend(given.vault_id.iter().map(|id| Source::id(id)));
    let file = given.vault_password_file.clone();
    let file = file.or_else(|| set("ANSIBLE_VAULT_PASSWORD_FILE").map(PathBuf::from));
    sources.extend(file.as_deref().map(Source::file));
    if sources.is_empty() {
        sources.push(Source::file(Path::new(".vault_pass")));
    }
    sources
}

/// Where the one password is that something is encrypted with.
fn to_encrypt_with(given: &VaultPasswords) -> Result<Source, Trouble> {
    if let Some(file) = &given.vault_password_file {
        return Ok(Source::file(file));
    }
    let mut all = sources(given);
    match (all.pop(), all.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(Trouble::new(
            Exit::Usage,
            "there are several vault passwords (--vault-id, ANSIBLE_VAULT_IDENTITY_LIST): name the one to encrypt with by --vault-password-file",
        )),
    }
}

/// Writes the secrets of an owner as `ansible-vault` would. A file that is there is never replaced.
pub(super) fn export(
    context: &Context,
    of: &str,
    file: &Path,
    passwords: &VaultPasswords,
    inline: bool,
) -> Result<Exit, Trouble> {
    let owner = owner(context, of)?;
    let keys = wiring::keys();
    let vault = VaultFile::of(&context.inventory, &owner, &keys);
    let Some(document) = vault.look()? else {
        return Err(Trouble::new(Exit::NotFound, format!("{owner} has no vault")));
    };
    let mut secrets = Secrets::new();
    for (name, entry) in &document.secrets {
        secrets.insert(name.clone(), vault.open(&document, name, entry)?);
    }
    let mut passwords = Passwords::from(vec![to_encrypt_with(passwords)?]);
    let password = passwords.first().map_err(|error| Trouble::new(Exit::Failed, error))?;
    let sealed = |text: &[u8]| -> Result<String, Trouble> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|error| Trouble::new(Exit::Failed, error))?;
        ansible::encrypt(text, password, &salt).map_err(|error| Trouble::new(Exit::Failed, error))
    };
    let text = if inline {
        let mut text = "---\n".to_owned();
        for (name, secret) in &secrets {
            let envelope = sealed(secret.expose().as_bytes())?;
            let _ = writeln!(text, "{name}: !vault |");
            for line in envelope.lines() {
                let _ = writeln!(text, "          {line}");
            }
        }
        text
    } else {
        sealed(ansible::written(&secrets).as_bytes())?
    };
    let mut options = std::fs::File::options();
    let made = options.write(true).create_new(true).mode(0o600).open(file);
    let shown = Safe::line(&file.to_string_lossy());
    let mut made = made.map_err(|e| Trouble::new(Exit::Failed, format!("making {shown}: {e}")))?;
    made.write_all(text.as_bytes())
        .and_then(|()| made.sync_all())
        .wrap_err("writing the export")?;
    say(&format!("wrote {} secrets of {owner} to {shown}", secrets.len()));
    Ok(Exit::Ok)
}
