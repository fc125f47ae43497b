//! The inventory of a lab, in the layout that Ansible reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use color_eyre::eyre::{Result, WrapErr};

use super::address::SSH_PORT;
use super::{Options, PaperHost};

/// Writes `hosts.yml`, `group_vars/all/*.yml` and `host_vars/*/main.yml` below `lab/inventory`.
pub(super) fn write(
    lab: &Path,
    hosts: &[PaperHost],
    repo: Option<&Path>,
    options: &Options,
) -> Result<()> {
    let root = lab.join("inventory");
    let all = root.join("group_vars/all");
    fs::create_dir_all(&all)?;
    fs::create_dir_all(root.join("host_vars"))?;
    put(&root.join("hosts.yml"), &hosts_yml(hosts, repo.is_some()))?;
    put(&all.join("connection.yml"), &connection_yml(lab, hosts))?;
    put(&all.join("bunker.yml"), &bunker_yml(&options.fleet_name, &options.policy))?;
    for host in hosts {
        let own = root.join("host_vars").join(host.name());
        fs::create_dir_all(&own)?;
        put(&own.join("main.yml"), &host_yml(host, repo))?;
    }
    Ok(())
}

fn put(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).wrap_err_with(|| format!("cannot write {}", file.display()))
}

fn hosts_yml(hosts: &[PaperHost], instances: bool) -> String {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for host in hosts {
        let first = if instances { "changemaker_instances" } else { "paper" };
        groups.entry(first).or_default().push(host.name());
        for group in &host.spec().groups {
            groups.entry(group).or_default().push(host.name());
        }
    }
    let mut text = String::from("---\nall:\n  children:\n");
    for (group, names) in groups {
        _ = writeln!(text, "    {group}:\n      hosts:");
        for name in names {
            _ = writeln!(text, "        {name}:");
        }
    }
    text
}

fn connection_yml(lab: &Path, hosts: &[PaperHost]) -> String {
    let user = hosts.first().map_or("root", |h| h.0.user.as_str());
    format!(
        "---\nansible_port: {SSH_PORT}\nansible_user: {user}\nansible_become: false\n\
         ansible_ssh_private_key_file: {lab}/client_key\nbunker_known_hosts: {lab}/known_hosts\n",
        lab = lab.display()
    )
}

fn bunker_yml(fleet: &str, policy: &[String]) -> String {
    let mut text = format!("---\n# Policy of this fleet.\nbunker_fleet_name: {fleet}\n");
    for line in policy {
        _ = writeln!(text, "{line}");
    }
    text
}

fn host_yml(host: &PaperHost, repo: Option<&Path>) -> String {
    let mut text = format!("---\nansible_host: {}\n", host.address());
    if let Some(repo) = repo {
        let (dir, web) = (host.checkout().display().to_string(), host.web());
        let spec = host.spec();
        _ = write!(
            text,
            "cml_domain: {}\ncml_tier: {}\ncml_dir: {dir}\ncml_repo: {}\ncml_backup_dir: {dir}/backups\n\
             cml_health_url: {web}/api/health\ncml_local_health_url: {web}/api/health\n\
             cml_local_admin_url: {web}/\ncml_admin_url: {web}/\n",
            spec.domain,
            spec.tier,
            repo.display(),
        );
    }
    for line in &host.spec().vars {
        _ = writeln!(text, "{line}");
    }
    text
}
