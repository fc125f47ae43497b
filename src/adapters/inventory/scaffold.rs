//! Adding an instance to an inventory folder, and taking one out.
//!
//! **Invariant:** the order of writes is the variables of the host, its secrets, and `hosts.yml` last and at once. A
//! scaffold that is cut off has therefore added no host, and the next one goes on where it was. Nothing is written
//! before the loader has read the whole inventory as it would be.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::{edit, files, load, schemas};
use crate::domain::fleet::Host;
use crate::domain::ids::HostId;
use crate::domain::inventory::Problems;
use crate::domain::scaffold::{Clash, NewInstance};
use crate::domain::untrusted::Safe;

/// Why the inventory cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// What is there speaks against it.
    #[error(transparent)]
    Clash(#[from] Clash),
    /// The inventory as it is, or as it would be, cannot be used.
    #[error("{0}")]
    Inventory(Safe),
    /// A file cannot be edited without changing more than is meant.
    #[error("{file} is left as it was: {why}")]
    Edit {
        /// The file.
        file: Safe,
        /// Why.
        why: Safe,
    },
    /// Somebody else wrote to the file meanwhile.
    #[error("{0} was changed by somebody else meanwhile: look at it and try again")]
    Changed(Safe),
    /// `host_vars` has something of that name already.
    #[error("{0} is there already and says something else: move it away, or add the host by hand")]
    InTheWay(Safe),
    /// The inventory has no such host.
    #[error("there is no host {0} in the inventory")]
    NoHost(HostId),
    /// A file cannot be read or written.
    #[error("{file}: {what}")]
    File {
        /// The file.
        file: Safe,
        /// What happened.
        what: Safe,
    },
}

pub(super) fn safe(path: &Path) -> Safe {
    Safe::line(&path.to_string_lossy())
}

pub(super) fn file_error(path: &Path) -> impl Fn(io::Error) -> ScaffoldError {
    let file = safe(path);
    move |error| ScaffoldError::File { file: file.clone(), what: Safe::line(&error.to_string()) }
}

/// A file as it is and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The file.
    pub path: PathBuf,
    /// Its text; `None` where it is not there.
    pub before: Option<String>,
    /// Its text then.
    pub after: String,
}

/// An instance that is ready to be added.
#[derive(Debug)]
pub struct Scaffold {
    dir: PathBuf,
    /// The host as the loader reads it from the new files.
    pub host: Host,
    /// The host's own variables.
    pub main: FileChange,
    /// The list of hosts.
    pub hosts: FileChange,
    /// Schemas that `main` and the list of hosts name for editors, and that are not there yet.
    pub schemas: Vec<FileChange>,
    /// What may be a mistake and is none for sure.
    pub warnings: Vec<String>,
}

impl Scaffold {
    /// Reads the inventory, checks the new instance against it, and makes the new texts. Writes nothing there.
    pub fn prepare(dir: &Path, new: &NewInstance) -> Result<Self, ScaffoldError> {
        let made = Self::make(dir, new)?;
        in_the_way(dir, &new.host, &made.main)?;
        Ok(made)
    }

    /// The host as the loader would read it, also where an earlier scaffold has left its variables.
    pub fn draft(dir: &Path, new: &NewInstance) -> Result<Host, ScaffoldError> {
        Self::make(dir, new).map(|made| made.host)
    }

    fn make(dir: &Path, new: &NewInstance) -> Result<Self, ScaffoldError> {
        let path = hosts_file(dir)?;
        let before = read_if_there(&path)?;
        let (places, warnings) = if before.is_some() {
            let fleet = usable(dir, "as it is")?;
            let warnings = new.check(&fleet)?;
            (new.places(&fleet).iter().map(ToString::to_string).collect(), warnings)
        } else {
            (vec![crate::domain::scaffold::INSTANCES.to_owned()], Vec::new())
        };
        let places: Vec<_> = places.iter().filter_map(|p: &String| p.parse().ok()).collect();
        let old = before.clone().unwrap_or_else(|| "---\n".to_owned());
        let after = edit::insert(&old, &new.host, &places)
            .map_err(|why| ScaffoldError::Edit { file: safe(&path), why: Safe::line(&why) })?;
        let main_path = dir.join("host_vars").join(new.host.as_str()).join("main.yml");
        let main = FileChange {
            before: read_if_there(&main_path)?,
            after: new.main_yml(&old),
            path: main_path,
        };
        let hosts = FileChange { path, before, after };
        let host = rehearse(dir, &new.host, &hosts, &main)?;
        let schemas = schemas::missing(&main.path, &old);
        Ok(Self { dir: dir.to_owned(), host, main, hosts, schemas, warnings })
    }

    /// The files that change, in the order in which they are written.
    pub fn changes(&self) -> [&FileChange; 2] {
        [&self.main, &self.hosts]
    }

    /// Writes them. `secrets` is called after the host's variables are there and before the host is named.
    pub fn write<E: From<ScaffoldError>>(
        &self,
        secrets: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let _lock = lock(&self.dir)?;
        unchanged(&self.hosts)?;
        schemas::write(&self.schemas);
        let folder = self.main.path.parent().unwrap_or(&self.dir);
        fs::create_dir_all(folder).map_err(file_error(folder))?;
        unchanged(&self.main)?;
        if self.main.before.is_none() {
            replace(&self.main.path, &self.main.after, mode_of(&self.hosts.path))?;
        }
        secrets()?;
        unchanged(&self.hosts)?;
        replace(&self.hosts.path, &self.hosts.after, mode_of(&self.hosts.path))?;
        Ok(())
    }
}

/// The file that lists the hosts: `hosts.yml`, else the first inventory file.
fn hosts_file(dir: &Path) -> Result<PathBuf, ScaffoldError> {
    if !dir.is_dir() {
        let text = format!("there is no inventory folder {}: make it first", dir.display());
        return Err(ScaffoldError::Inventory(Safe::line(&text)));
    }
    let found = files::inventory_files(dir, &mut Problems::default());
    let usual = dir.join("hosts.yml");
    let file = if found.contains(&usual) { None } else { found.into_iter().next() };
    let file = file.unwrap_or(usual);
    // A link stays one: what it names is replaced.
    Ok(fs::canonicalize(&file).unwrap_or(file))
}

pub(super) fn read_if_there(path: &Path) -> Result<Option<String>, ScaffoldError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file_error(path)(error)),
    }
}

/// The fleet of a folder, which must have one; it may be one without hosts.
fn usable(dir: &Path, when: &str) -> Result<crate::domain::fleet::Fleet, ScaffoldError> {
    let loaded = load(dir);
    let first = loaded.errors().next().map(ToString::to_string).unwrap_or_default();
    let text = format!("the inventory {when} cannot be used: {first}");
    loaded.fleet.or(loaded.without_hosts).ok_or_else(|| ScaffoldError::Inventory(Safe::line(&text)))
}

/// What stands where the host's variables are to be must be what an earlier scaffold left there.
fn in_the_way(dir: &Path, host: &HostId, main: &FileChange) -> Result<(), ScaffoldError> {
    let base = dir.join("host_vars");
    for end in ["yml", "yaml", "json"] {
        let path = base.join(format!("{host}.{end}"));
        if path.exists() {
            return Err(ScaffoldError::InTheWay(safe(&path)));
        }
    }
    let folder = base.join(host.as_str());
    if folder.exists() && !folder.is_dir() {
        return Err(ScaffoldError::InTheWay(safe(&folder)));
    }
    if main.before.as_ref().is_some_and(|before| *before != main.after) {
        return Err(ScaffoldError::InTheWay(safe(&main.path)));
    }
    Ok(())
}

/// Reads the whole inventory as it would be, aside, and gives the new host as the loader makes it.
fn rehearse(
    dir: &Path,
    id: &HostId,
    hosts: &FileChange,
    main: &FileChange,
) -> Result<Host, ScaffoldError> {
    let aside = tempfile::tempdir().map_err(file_error(dir))?;
    copy(dir, aside.path(), 0).map_err(file_error(dir))?;
    for change in [hosts, main] {
        // A link may lead out of the folder: then its name in the folder is the file's own.
        let inside = change.path.strip_prefix(fs::canonicalize(dir).unwrap_or(dir.to_owned()));
        let inside = inside.or_else(|_| change.path.strip_prefix(dir));
        let path = aside.path().join(inside.unwrap_or(Path::new("hosts.yml")));
        let parent = path.parent().unwrap_or(aside.path());
        fs::create_dir_all(parent).map_err(file_error(parent))?;
        fs::write(&path, &change.after).map_err(file_error(&path))?;
    }
    let loaded = load(aside.path());
    let found = loaded.fleet.as_ref().and_then(|fleet| fleet.host(id)).cloned();
    found.filter(|host| host.instance.is_some()).ok_or_else(|| {
        let mut why: Vec<String> = loaded.errors().map(ToString::to_string).collect();
        why.retain(|line| line.contains(id.as_str()));
        let why = why.into_iter().next().unwrap_or_else(|| "it is not among its hosts".to_owned());
        let why = why.replace(&format!("{}/", aside.path().display()), "");
        ScaffoldError::Inventory(Safe::text(&format!("the host could not be used: {why}")))
    })
}

/// Copies what the loader reads.
pub(super) fn copy(from: &Path, to: &Path, depth: usize) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            if depth < 8 {
                fs::create_dir_all(&target)?;
                copy(&source, &target, depth + 1)?;
            }
        } else if source.is_file() && source.extension().is_none_or(|e| e != "age" && e != "bak") {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

/// The right to edit the folder's list of hosts, until dropped. Another of our programs waits for it.
pub(super) fn lock(dir: &Path) -> Result<fs::File, ScaffoldError> {
    let folder = fs::File::open(dir).map_err(file_error(dir))?;
    flock(&folder, FlockOperation::LockExclusive).map_err(|e| file_error(dir)(e.into()))?;
    Ok(folder)
}

pub(super) fn unchanged(change: &FileChange) -> Result<(), ScaffoldError> {
    if read_if_there(&change.path)? == change.before {
        return Ok(());
    }
    Err(ScaffoldError::Changed(safe(&change.path)))
}

pub(super) fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).map_or(0o644, |meta| meta.permissions().mode() & 0o777)
}

/// Replaces a file at once.
pub(super) fn replace(path: &Path, text: &str, mode: u32) -> Result<(), ScaffoldError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || {
        let builder = &mut tempfile::Builder::new();
        let mut new = builder.prefix(".new-").suffix(".tmp").tempfile_in(folder)?;
        new.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(path).map_err(|error| error.error)?;
        fs::File::open(folder)?.sync_all()
    };
    write().map_err(file_error(path))
}

/// A host that is to be taken out of an inventory.
#[derive(Debug)]
pub struct Removal {
    dir: PathBuf,
    host: HostId,
    /// The inventory files that name it.
    pub files: Vec<FileChange>,
    /// What `host_vars` holds for it.
    pub vars: Vec<PathBuf>,
}

impl Removal {
    /// Makes the new texts. Writes nothing.
    pub fn prepare(dir: &Path, host: &HostId) -> Result<Self, ScaffoldError> {
        let mut changes = Vec::new();
        for path in files::inventory_files(dir, &mut Problems::default()) {
            let path = fs::canonicalize(&path).unwrap_or(path);
            let Some(before) = read_if_there(&path)? else { continue };
            let after = edit::remove(&before, host)
                .map_err(|why| ScaffoldError::Edit { file: safe(&path), why: Safe::line(&why) })?;
            if let Some(after) = after {
                changes.push(FileChange { path, before: Some(before), after });
            }
        }
        if changes.is_empty() {
            return Err(ScaffoldError::NoHost(host.clone()));
        }
        let base = dir.join("host_vars");
        let name = host.as_str();
        let names = [
            name.to_owned(),
            format!("{name}.yml"),
            format!("{name}.yaml"),
            format!("{name}.json"),
        ];
        let vars = names.iter().map(|n| base.join(n)).filter(|p| p.exists()).collect();
        Ok(Self { dir: dir.to_owned(), host: host.clone(), files: changes, vars })
    }

    /// Every single file that is changed or goes.
    pub fn all_files(&self) -> Vec<PathBuf> {
        fn walk(path: &Path, found: &mut Vec<PathBuf>) {
            match fs::read_dir(path) {
                Ok(entries) => entries.flatten().for_each(|entry| walk(&entry.path(), found)),
                Err(_) => found.push(path.to_owned()),
            }
        }
        let mut found: Vec<PathBuf> = self.files.iter().map(|f| f.path.clone()).collect();
        self.vars.iter().for_each(|path| walk(path, &mut found));
        found
    }

    /// Copies everything that goes to `backup`, then takes the host out, then its variables and secrets.
    pub fn write(&self, backup: &Path) -> Result<(), ScaffoldError> {
        let _lock = lock(&self.dir)?;
        crate::adapters::paths::private_dir(backup).map_err(file_error(backup))?;
        for change in &self.files {
            unchanged(change)?;
            keep(&change.path, backup)?;
        }
        for path in &self.vars {
            keep(path, backup)?;
        }
        for change in &self.files {
            replace(&change.path, &change.after, mode_of(&change.path))?;
        }
        for path in &self.vars {
            let removed =
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            removed.map_err(file_error(path))?;
        }
        tracing::info!(host = %self.host, "taken out of the inventory");
        Ok(())
    }
}

/// Copies a file or folder, secrets too, which stay encrypted.
fn keep(path: &Path, backup: &Path) -> Result<(), ScaffoldError> {
    let to = backup.join(path.file_name().unwrap_or_default());
    let copied = if path.is_dir() {
        crate::adapters::paths::private_dir(&to).and_then(|()| whole(path, &to))
    } else {
        fs::copy(path, &to).map(|_| ())
    };
    copied.map_err(file_error(path))
}

fn whole(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            crate::adapters::paths::private_dir(&target)?;
            whole(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
