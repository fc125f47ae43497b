//! The hosts to pass through, in `ansible_ssh_common_args`.

use super::reader::Reader;
use crate::domain::connection::JumpHost;

/// The only options that are understood.
const HINT: &str =
    "write -J HOST or -o ProxyJump=HOST here; other options belong into ~/.ssh/config";

/// Hosts to pass through, outermost first. Other options are told and not used; a proxy that is not
/// understood costs the host, since without it the same address may be another machine.
pub(super) fn jump(r: &mut Reader<'_>) -> Vec<JumpHost> {
    for name in ["ansible_ssh_extra_args", "ansible_ssh_args"] {
        if let Some(text) = r.text(name).map(str::to_owned) {
            if text.to_ascii_lowercase().contains("proxy") || words(&text).iter().any(|w| w == "-J")
            {
                r.refuse(
                    name,
                    format!("{name} names a proxy, and is not understood"),
                    Some("move it to ansible_ssh_common_args as -o ProxyJump=HOST"),
                );
            } else if !text.is_empty() {
                r.warn(name, format!("{name} is not used"), HINT);
            }
        }
    }
    let name = "ansible_ssh_common_args";
    let Some(text) = r.text(name).map(str::to_owned) else { return Vec::new() };
    let mut hops = Vec::new();
    let mut words = words(&text).into_iter();
    while let Some(word) = words.next() {
        let option = match word.as_str() {
            "-J" => words.next().map(|to| format!("proxyjump={to}")),
            "-o" => words.next(),
            _ => word
                .strip_prefix("-o")
                .map(str::to_owned)
                .or_else(|| word.strip_prefix("-J").map(|to| format!("proxyjump={to}"))),
        };
        let pair = option.as_deref().and_then(|o| o.split_once(['=', ' ']));
        match pair.map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim())) {
            Some((key, value)) if key == "proxyjump" => match parse_hops(value) {
                Some(found) => hops = found,
                None => r.refuse(
                    name,
                    format!("{name}: {value:?} is no host to jump through"),
                    Some("write [USER@]HOST[:PORT], several with commas"),
                ),
            },
            Some((key, _)) if key == "proxycommand" => {
                r.refuse(name, format!("{name}: ProxyCommand is not supported"), Some(HINT));
            }
            _ => {
                let given = option.unwrap_or(word);
                r.warn(name, format!("{name}: {given:?} is not used"), HINT);
            }
        }
    }
    hops
}

fn parse_hops(text: &str) -> Option<Vec<JumpHost>> {
    if text.eq_ignore_ascii_case("none") {
        return Some(Vec::new());
    }
    text.split(',').map(parse_hop).collect()
}

fn parse_hop(text: &str) -> Option<JumpHost> {
    let text = text.strip_prefix("ssh://").unwrap_or(text);
    let (user, rest) = match text.rsplit_once('@') {
        Some((user, rest)) => (Some(user.parse().ok()?), rest),
        None => (None, text),
    };
    let (address, port) = if let Some(v6) = rest.strip_prefix('[') {
        let (address, behind) = v6.split_once(']')?;
        (
            address,
            behind
                .strip_prefix(':')
                .map_or(if behind.is_empty() { Some(None) } else { None }, |p| {
                    p.parse().ok().map(Some)
                })?,
        )
    } else {
        match rest.rsplit_once(':') {
            Some((address, _)) if address.contains(':') => return None,
            Some((address, port)) => (address, Some(port.parse().ok()?)),
            None => (rest, None),
        }
    };
    let port = port.filter(|p: &u16| *p > 0);
    Some(JumpHost { user, address: address.parse().ok()?, port })
}

/// Words as a shell splits them: blanks part, quotes hold together.
fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => out.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    out
}
