//! `ansible_*`: how a host is reached.

use super::jump;
use super::reader::Reader;
use crate::domain::connection::{Address, Become, Connection, UserName};
use crate::domain::ids::InvalidName;

/// The connection of a host; `None` where a value cannot be used, which was said.
pub(super) fn connection(r: &mut Reader<'_>, home: Option<&str>) -> Option<Connection> {
    only_ssh(r);
    let address_name = one_of(r, ["ansible_host", "ansible_ssh_host"]);
    let address = match r.variable(address_name) {
        Some(_) => r.parse::<Address>(address_name),
        None => None,
    };
    let address = address.or_else(|| r.host.as_str().parse().ok());
    let port_name = one_of(r, ["ansible_port", "ansible_ssh_port"]);
    let port = r.whole(port_name, (1, 65_535)).and_then(|p| u16::try_from(p).ok());
    let user_name = one_of(r, ["ansible_user", "ansible_ssh_user"]);
    let user = r.parse::<UserName>(user_name);
    let key_name = one_of(r, ["ansible_ssh_private_key_file", "ansible_private_key_file"]);
    let identity = local_path(r, key_name, home);
    let known_hosts = local_path(r, "bunker_known_hosts", home);
    let become_root = become_root(r);
    let jump = jump::jump(r);
    if r.failed() {
        return None;
    }
    let host = r.host.clone();
    Some(Connection {
        host,
        address: address?,
        port,
        user,
        identity,
        jump,
        become_root,
        known_hosts,
    })
}

/// Refuses hosts that Ansible would reach by other means: over SSH it would be another machine.
fn only_ssh(r: &mut Reader<'_>) {
    let by = r.text("ansible_connection").map(str::to_owned);
    if let Some(by) = by
        && !matches!(by.as_str(), "ssh" | "smart" | "ansible.builtin.ssh" | "paramiko")
    {
        let message =
            format!("ansible_connection: {by:?} is not supported: hosts are reached over SSH");
        let hint = "take it out, or take the host out of this inventory";
        r.refuse("ansible_connection", message, Some(hint));
    }
    for name in ["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"] {
        if r.variable(name).is_some() {
            let message = format!("{name} is not used: log-in is by key only");
            r.warn(name, message, "set ansible_ssh_private_key_file, or use an agent");
        }
    }
}

/// Which of two names for the same thing is set; both with different values is refused.
fn one_of(r: &mut Reader<'_>, names: [&'static str; 2]) -> &'static str {
    let [usual, other] = names;
    match (r.variable(usual), r.variable(other)) {
        (None, Some(_)) => other,
        (Some(a), Some(b)) if a.var.reading != b.var.reading => {
            let message = format!("{other} and {usual} are both set, to different values");
            r.refuse(other, message, Some("keep one of them"));
            usual
        }
        _ => usual,
    }
}

fn become_root(r: &mut Reader<'_>) -> Become {
    let wanted = r.truth("ansible_become");
    let user = r.text("ansible_become_user").map(str::to_owned);
    if let Some(user) = user.filter(|u| u != "root") {
        let message = format!("ansible_become_user: {user:?} is not supported: only root is");
        let hint = "log in as that user with ansible_become: false";
        r.refuse("ansible_become_user", message, Some(hint));
    }
    let method = r.text("ansible_become_method").map(str::to_owned);
    if let Some(method) = method.filter(|m| !matches!(m.as_str(), "sudo" | "ansible.builtin.sudo"))
    {
        let message = format!("ansible_become_method: {method:?} is not supported: only sudo is");
        r.refuse("ansible_become_method", message, Some("allow sudo without a password"));
    }
    for name in ["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"] {
        if r.variable(name).is_some() {
            let message = format!("{name} is not used: sudo is called without a password");
            r.warn(name, message, "allow it in /etc/sudoers.d with NOPASSWD");
        }
    }
    match wanted {
        Some(false) => Become::LoginUser,
        Some(true) | None => Become::Root,
    }
}

/// A path on the control machine: absolute, or below the home folder with `~/`.
pub(super) fn local_path(r: &mut Reader<'_>, name: &str, home: Option<&str>) -> Option<String> {
    r.check(name, |text| {
        let full = match (text.strip_prefix("~/"), home) {
            (Some(below), Some(home)) => format!("{}/{below}", home.trim_end_matches('/')),
            _ => text.to_owned(),
        };
        // OpenSSH expands `%` and `${}` in paths, and reads a blank as the end of one.
        let chars_ok = !full.chars().any(|c| c.is_control() || matches!(c, '%' | '$' | '"'));
        if full.starts_with('/') && chars_ok && full.len() <= 500 {
            Ok(full)
        } else {
            let rule = "use an absolute path, `~/…` or \"{{ inventory_dir }}/…\", without `%`, `$` and quotes";
            Err(InvalidName::new("path on this machine", text, rule))
        }
    })
}
