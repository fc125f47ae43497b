//! The schemas beside an inventory, by which an editor tells a wrong value while it is written.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::scaffold::{FileChange, replace};
use crate::domain::scaffold::schema_folder;
use crate::workflows::env;

/// Those that the first lines of the files name and that are not there. `main` is a host's `main.yml`. None where `hosts.yml` names
/// a place that is not beside the inventory.
pub(super) fn missing(main: &Path, hosts_yml: &str) -> Vec<FileChange> {
    let main = std::path::absolute(main).unwrap_or_else(|_| main.to_owned());
    let (Some(folder), Some(from)) = (schema_folder(hosts_yml), main.parent()) else {
        return Vec::new();
    };
    let mut place = PathBuf::new();
    for part in from.components().chain(Path::new(&folder).components()) {
        if part == Component::ParentDir {
            place.pop();
        } else {
            place.push(part);
        }
    }
    let file = |(name, schema): (&str, serde_json::Value)| {
        let path = place.join(name);
        let new = !path.exists();
        new.then(|| FileChange { path, before: None, after: format!("{schema:#}\n") })
    };
    env::schemas().into_iter().filter_map(file).collect()
}

/// Writes them. Only editors read them: where that fails, they do without.
pub(super) fn write(schemas: &[FileChange]) {
    for schema in schemas {
        if let Some(folder) = schema.path.parent() {
            drop(fs::create_dir_all(folder));
            drop(replace(&schema.path, &schema.after, 0o644));
        }
    }
}
