//! Loading an inventory folder.

use std::path::Path;

use super::vars_files::VarsFolder;
use super::{files, source, vars_files};
use crate::domain::ids::{GroupName, HostId};
use crate::domain::inventory::merge::Sources;
use crate::domain::inventory::{Loaded, Place, Problems};
use crate::domain::lower::{Surroundings, lower};

/// Reads the inventory in `dir`. Never fails: what is good is in `fleet`, and everything else in
/// `diagnostics`. It reads files and takes milliseconds for hundreds of hosts; call it where
/// blocking is allowed.
pub fn load(dir: &Path) -> Loaded {
    let mut problems = Problems::default();
    let sources = read_all(dir, &mut problems);
    lower(&sources, &surroundings(dir), problems)
}

fn surroundings(dir: &Path) -> Surroundings {
    let full = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
    let own = name(&full);
    let fleet_name = match own.as_deref() {
        // A folder named `inventory` says nothing; the one around it does.
        Some("inventory") => full.parent().and_then(name),
        _ => own.clone(),
    };
    Surroundings {
        home: std::env::var("HOME").ok().filter(|home| home.starts_with('/')),
        inventory_dir: full.to_string_lossy().into_owned(),
        fleet_name: fleet_name.or(own).unwrap_or_else(|| "fleet".to_owned()),
        folder: Place::file(&files::shown(dir)),
    }
}

fn read_all(dir: &Path, problems: &mut Problems) -> Sources {
    let mut sources = Sources::default();
    let at = Place::file(&files::shown(dir));
    if !dir.is_dir() {
        let hint = "name the folder with hosts.yml: --inventory DIR or BUNKER_INVENTORY";
        problems.fatal(&at, "there is no such inventory folder", Some(hint));
        return sources;
    }
    let found = files::inventory_files(dir, problems);
    if found.is_empty() {
        let hint = "write hosts.yml, with hosts below all: hosts:";
        problems.fatal(&at, "the folder holds no inventory file", Some(hint));
    }
    for file in &found {
        source::read(file, &mut sources.tree, problems);
    }
    sources.tree.fill_ungrouped();
    tell_same_names(&sources, problems);
    let (group_vars, host_vars) = (dir.join("group_vars"), dir.join("host_vars"));
    let (of_groups, of_hosts) = (VarsFolder::list(&group_vars), VarsFolder::list(&host_vars));
    let mut groups: Vec<GroupName> = sources.tree.groups.keys().cloned().collect();
    groups.extend("all".parse::<GroupName>().ok().filter(|all| !groups.contains(all)));
    for group in &groups {
        let read = vars_files::read_for(&of_groups, group.as_str(), problems);
        sources.group_vars.insert(group.clone(), read);
    }
    for host in &sources.tree.order {
        let read = vars_files::read_for(&of_hosts, host.as_str(), problems);
        sources.host_vars.insert(host.clone(), read);
    }
    if !problems.is_fatal() {
        let mut known: Vec<&str> = groups.iter().map(GroupName::as_str).collect();
        known.push("ungrouped");
        vars_files::strays(&group_vars, "group", &known, problems);
        let hosts: Vec<&str> = sources.tree.order.iter().map(HostId::as_str).collect();
        vars_files::strays(&host_vars, "host", &hosts, problems);
    }
    sources
}

/// A name that is both a host and a group cannot be told apart in a pattern.
fn tell_same_names(sources: &Sources, problems: &mut Problems) {
    for (id, host) in &sources.tree.hosts {
        let same =
            id.as_str().parse::<GroupName>().is_ok_and(|g| sources.tree.groups.contains_key(&g));
        if same || id.as_str() == "all" {
            let hint = "give one of them another name: --limit cannot tell them apart";
            problems.warn(&host.at, format!("{id} is both a host and a group"), Some(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::settings::Tier;

    #[test]
    fn the_example_fleet_loads_without_a_word() {
        let loaded = load(Path::new("inventory"));
        assert_eq!(loaded.diagnostics, Vec::new());
        let fleet = loaded.fleet.unwrap();
        let hosts: Vec<&str> = fleet.hosts.iter().map(|h| h.id.as_str()).collect();
        assert_eq!(hosts, ["test-01", "edmonton-prod", "calgary-prod", "ops-central"]);
        assert_eq!(fleet.name.as_str(), "example fleet");
        let (host, calgary) = fleet.instances().nth(2).unwrap();
        assert_eq!(host.connection.address.as_str(), "192.0.2.22");
        assert_eq!(calgary.reference.as_str(), "v2.5.0");
        assert_eq!(calgary.tier, Tier::Managed);
        assert_eq!(calgary.backup_dir.as_str(), "/opt/changemaker-lite/backups");
        assert_eq!(calgary.health_url.as_str(), "https://api.calgary.example.org/api/health");
        assert_eq!(fleet.instances().count(), 3);
        assert_eq!(fleet.hosts.first().unwrap().groups.len(), 2);
    }
}
