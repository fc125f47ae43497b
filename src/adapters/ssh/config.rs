//! The `-F` file that `ssh` gets for one connection, rendered from typed values.
//!
//! What stands first counts in ssh's configuration, so our rules come before the operator's own files, and those
//! still bring what we do not set: ProxyJump, agents, FIDO keys, ciphers.

use std::fmt::Write as _;
use std::path::Path;

use crate::domain::connection::{Connection, JumpHost};

/// Rules for every connection, jump hosts included.
const RULES: &str = "\
BatchMode yes
StrictHostKeyChecking yes
UpdateHostKeys no
VisualHostKey no
ForwardAgent no
ForwardX11 no
ClearAllForwardings yes
PermitLocalCommand no
RemoteCommand none
RequestTTY no
Tunnel no
EscapeChar none
LogLevel INFO
ConnectTimeout 10
ConnectionAttempts 1
ServerAliveInterval 5
ServerAliveCountMax 3
TCPKeepAlive yes
ControlMaster no
ControlPersist 60
";

/// The whole file. `bastion` is the control socket of the warm connection to the last jump host.
pub(super) fn render(to: &Connection, known_hosts: &[&Path], bastion: Option<&Path>) -> String {
    let mut text = String::from(RULES);
    let files: Vec<String> = known_hosts.iter().map(|path| word(&path.to_string_lossy())).collect();
    line(&mut text, "UserKnownHostsFile", &files.join(" "));
    line(&mut text, "Host", to.address.as_str());
    if let Some(port) = to.port {
        line(&mut text, "  Port", &port.to_string());
    }
    if let Some(user) = &to.user {
        line(&mut text, "  User", user.as_str());
    }
    if let Some(identity) = &to.identity {
        line(&mut text, "  IdentityFile", &word(identity));
        line(&mut text, "  IdentitiesOnly", "yes");
    }
    if !to.jump.is_empty() {
        let hops: Vec<String> = to.jump.iter().map(hop).collect();
        line(&mut text, "  ProxyJump", &hops.join(","));
    }
    for (at, jump) in to.jump.iter().enumerate() {
        line(&mut text, "Host", jump.address.as_str());
        // A jump host takes the key of the host behind it, unless the operator's files name one.
        if let Some(identity) = &to.identity {
            line(&mut text, "  IdentityFile", &word(identity));
        }
        let is_last = at + 1 == to.jump.len();
        if let Some(socket) = bastion.filter(|_| is_last) {
            line(&mut text, "  ControlPath", &word(&socket.to_string_lossy()));
        }
    }
    text.push_str("Host *\nInclude ~/.ssh/config\nInclude /etc/ssh/ssh_config\n");
    text
}

fn line(text: &mut String, key: &str, value: &str) {
    // Writing to a String cannot fail.
    let _: std::fmt::Result = writeln!(text, "{key} {value}");
}

fn hop(jump: &JumpHost) -> String {
    let user = jump.user.as_ref().map_or_else(String::new, |user| format!("{user}@"));
    let address = jump.address.as_str();
    let address = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    let port = jump.port.map_or_else(String::new, |port| format!(":{port}"));
    format!("{user}{address}{port}")
}

/// A path as one word of the file: quoted, its `%` doubled because ssh expands them.
fn word(path: &str) -> String {
    let kept: String =
        path.chars().filter(|c| !c.is_control()).map(String::from).map(|c| escaped(&c)).collect();
    format!("\"{kept}\"")
}

fn escaped(c: &str) -> String {
    match c {
        "%" => "%%".into(),
        "\"" | "\\" => format!("\\{c}"),
        c => c.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::connection::Become;

    fn to() -> Connection {
        Connection {
            host: "web-1".parse().unwrap(),
            address: "10.0.0.7".parse().unwrap(),
            port: Some(2222),
            user: Some("deploy".parse().unwrap()),
            identity: Some("/keys/my key%1".into()),
            jump: vec![JumpHost {
                user: Some("ops".parse().unwrap()),
                address: "bastion.example.org".parse().unwrap(),
                port: Some(2200),
            }],
            become_root: Become::Root,
            known_hosts: None,
        }
    }

    #[test]
    fn our_rules_stand_before_the_operators_files() {
        let text = render(&to(), &[Path::new("/s/known_hosts")], Some(Path::new("/c/1")));
        assert!(text.starts_with(RULES));
        assert!(text.ends_with("Host *\nInclude ~/.ssh/config\nInclude /etc/ssh/ssh_config\n"));
        assert!(text.contains(
            "UserKnownHostsFile \"/s/known_hosts\"\nHost 10.0.0.7\n  Port 2222\n  User deploy\n  \
             IdentityFile \"/keys/my key%%1\"\n  IdentitiesOnly yes\n  ProxyJump ops@bastion.example.org:2200\n\
             Host bastion.example.org\n  IdentityFile \"/keys/my key%%1\"\n  ControlPath \"/c/1\"\n"
        ));
    }

    #[test]
    fn a_path_stays_one_value() {
        assert_eq!(word("/a\nProxyCommand evil"), "\"/aProxyCommand evil\"");
        assert_eq!(word("/a\" b\\"), "\"/a\\\" b\\\\\"");
    }

    #[test]
    fn ssh_itself_reads_it_as_it_was_meant() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        std::fs::write(&file, render(&to(), &[Path::new("/s/known hosts")], None)).unwrap();
        let out = std::process::Command::new("ssh")
            .args(["-G", "-F"])
            .arg(&file)
            .arg("10.0.0.7")
            .output()
            .unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        for want in [
            "user deploy",
            "port 2222",
            "hostname 10.0.0.7",
            "batchmode yes",
            "stricthostkeychecking true",
            "userknownhostsfile \"/s/known hosts\"",
            "proxyjump ops@bastion.example.org:2200",
            "forwardagent no",
            "permitlocalcommand no",
            "serveraliveinterval 5",
            "serveralivecountmax 3",
            "connecttimeout 10",
            "updatehostkeys false",
        ] {
            assert!(
                text.lines()
                    .any(|line| line == want || line.replace('"', "") == want.replace('"', "")),
                "{want} is missing in:\n{text}"
            );
        }
    }
}
