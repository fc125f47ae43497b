//! Keys, `known_hosts` and the inventory of real hosts, in the format that paper hosts have.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use color_eyre::eyre::{Result, WrapErr, bail};

use super::host::{CHECKOUT, RealHost};

/// The disk is that of the machine below, whose state says nothing of these hosts.
const POLICY: &str = "---
# Policy of this fleet.
bunker_fleet_name: real
bunker_disk_warn: 0.99
bunker_disk_critical: 0.995
bunker_upgrade_free_b: 200000000
";

/// Makes the client's key; gives its public half.
pub(super) fn client_key(dir: &Path) -> Result<String> {
    let key = dir.join("client_key");
    let output = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "bunker-lab", "-f"])
        .arg(&key)
        .output()
        .wrap_err("cannot run ssh-keygen")?;
    if !output.status.success() {
        bail!("ssh-keygen: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(fs::read_to_string(dir.join("client_key.pub"))?.trim().to_owned())
}

/// Writes `known_hosts` and `inventory/`. `login` is the user of all hosts.
pub(super) fn write(dir: &Path, hosts: &[RealHost], repository: &Path, login: &str) -> Result<()> {
    let inventory = dir.join("inventory");
    let all = inventory.join("group_vars/all");
    fs::create_dir_all(&all)?;
    fs::create_dir_all(inventory.join("host_vars"))?;
    let mut known = String::new();
    let mut ssh = String::new();
    let lab = dir.display();
    let mut list = String::from("---\nchangemaker_instances:\n  hosts:\n");
    for host in hosts {
        _ = writeln!(known, "[{}]:2222 {}", host.address, host.host_key);
        _ = writeln!(ssh, "Host {}\n  HostName {}", host.name, host.address);
        _ = writeln!(list, "    {}:", host.name);
        let own = inventory.join("host_vars").join(&host.name);
        fs::create_dir_all(&own)?;
        fs::write(own.join("main.yml"), host_yml(host))?;
    }
    fs::write(dir.join("known_hosts"), known)?;
    fs::write(inventory.join("hosts.yml"), list)?;
    _ = write!(
        ssh,
        "Host *\n  Port 2222\n  User {login}\n  IdentityFile {lab}/client_key\n  IdentitiesOnly yes\n  \
         UserKnownHostsFile {lab}/known_hosts\n  StrictHostKeyChecking yes\n  BatchMode yes\n"
    );
    fs::write(dir.join("ssh_config"), ssh)?;
    let connection = format!(
        "---\nansible_port: 2222\nansible_user: {login}\nansible_become: true\n\
         ansible_ssh_private_key_file: {lab}/client_key\nbunker_known_hosts: {lab}/known_hosts\n\
         cml_dir: {CHECKOUT}\ncml_repo: {}\ncml_backup_dir: {CHECKOUT}/backups\n\
         cml_local_health_url: http://127.0.0.1:4000/api/health\n",
        repository.display()
    );
    fs::write(all.join("connection.yml"), connection)?;
    fs::write(all.join("bunker.yml"), POLICY)?;
    Ok(())
}

fn host_yml(host: &RealHost) -> String {
    format!(
        "---\nansible_host: {address}\ncml_domain: {name}.example.org\ncml_tier: 1\n\
         cml_health_url: http://{address}:4000/api/health\n",
        address = host.address,
        name = host.name,
    )
}
