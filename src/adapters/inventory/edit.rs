//! Edits of an inventory file that leave everything else as it stands: comments, blank lines, quotes, order.
//!
//! Lines are put in and taken out at places that the parser names. **Invariant:** the new text is read again, and what
//! it says must be what the old one said with exactly the one change; else nothing is edited and the reason is given.

use serde_json::{Map, Value};

use super::ranges::expand;
use super::yaml::{self, Entry, Kind, Node};
use crate::domain::ids::{GroupName, HostId};

/// Names `host` in these groups. A group that is not there is made below `all`.
pub(super) fn insert(text: &str, host: &HostId, groups: &[GroupName]) -> Result<String, String> {
    let mut text = text.to_owned();
    for group in groups {
        let root = parse(&text)?;
        let mut path = root
            .as_ref()
            .and_then(|root| group_path(root, group.as_str()))
            .unwrap_or_else(|| vec!["all".into(), "children".into(), group.to_string()]);
        path.extend(["hosts".to_owned(), host.to_string()]);
        let new = insert_path(&text, root.as_ref(), &path)?;
        let mut meant = root.map_or(Value::Null, |root| root.to_json());
        set(&mut meant, &path);
        verify(&new, &meant)?;
        text = new;
    }
    Ok(text)
}

/// Takes `host` out of every group; `None` where the file does not name it.
pub(super) fn remove(text: &str, host: &HostId) -> Result<Option<String>, String> {
    let mut now = text.to_owned();
    while let Some(root) = parse(&now)? {
        let Some((path, entry, parent)) = find_host(&root, host.as_str(), &mut Vec::new()) else {
            if let Some(range) = range_with(&root, host.as_str()) {
                let why = "write its hosts out, one a line, then try again";
                return Err(format!("host {host} stands in the range {range}: {why}"));
            }
            break;
        };
        block(&now, parent)?;
        let lines: Vec<&str> = now.split_inclusive('\n').collect();
        let (from, to) = (index(entry), extent(&lines, entry));
        let kept = lines.iter().take(from).chain(lines.iter().skip(to));
        let new: String = kept.copied().collect();
        let mut meant = root.to_json();
        unset(&mut meant, &path);
        verify(&new, &meant)?;
        now = new;
    }
    Ok((now != text).then_some(now))
}

pub(super) fn parse(text: &str) -> Result<Option<Node>, String> {
    let document = yaml::parse(text.strip_prefix('\u{feff}').unwrap_or(text))
        .map_err(|fault| format!("line {}: {}", fault.mark.line, fault.message))?;
    match document.twice.first() {
        Some((mark, key, _)) => Err(format!("line {}: {key} stands twice", mark.line)),
        None => Ok(document.root),
    }
}

pub(super) fn entries(node: &Node) -> &[Entry] {
    match &node.kind {
        Kind::Map(entries) => entries,
        Kind::Scalar(_) | Kind::Literal(_) | Kind::List(_) | Kind::Vault => &[],
    }
}

pub(super) fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Entry> {
    entries(node).iter().find(|e| e.key == key)
}

/// The way to a group's definition; where it is named several times, to the first that says something.
fn group_path(node: &Node, name: &str) -> Option<Vec<String>> {
    fn all(node: &Node, name: &str, way: &mut Vec<String>, found: &mut Vec<(bool, Vec<String>)>) {
        for group in entries(node) {
            way.push(group.key.clone());
            if group.key == name {
                found.push((entries(&group.value).is_empty(), way.clone()));
            }
            if let Some(children) = child(&group.value, "children") {
                way.push("children".to_owned());
                all(&children.value, name, way, found);
                way.pop();
            }
            way.pop();
        }
    }
    let mut found = Vec::new();
    all(node, name, &mut Vec::new(), &mut found);
    found.into_iter().min_by_key(|(empty, _)| *empty).map(|(_, path)| path)
}

type Found<'n> = (Vec<String>, &'n Entry, &'n Node);

fn find_host<'n>(node: &'n Node, host: &str, way: &mut Vec<String>) -> Option<Found<'n>> {
    for group in entries(node) {
        way.push(group.key.clone());
        if let Some(hosts) = child(&group.value, "hosts")
            && let Some(entry) = child(&hosts.value, host)
        {
            way.extend(["hosts".to_owned(), host.to_owned()]);
            return Some((way.clone(), entry, &hosts.value));
        }
        if let Some(children) = child(&group.value, "children") {
            way.push("children".to_owned());
            let found = find_host(&children.value, host, way);
            if found.is_some() {
                return found;
            }
            way.pop();
        }
        way.pop();
    }
    None
}

fn range_with(node: &Node, host: &str) -> Option<String> {
    entries(node).iter().find_map(|group| {
        let hosts = child(&group.value, "hosts").map(|h| entries(&h.value)).unwrap_or_default();
        let of = |e: &&Entry| expand(&e.key).is_ok_and(|names| names.iter().any(|n| n == host));
        let range = hosts.iter().find(of).map(|e| e.key.clone());
        range.or_else(|| range_with(&child(&group.value, "children")?.value, host))
    })
}

/// Refuses mappings whose entries do not stand one a line, where they are used.
pub(super) fn block(text: &str, map: &Node) -> Result<(), String> {
    let line = map.mark.line;
    let whole = text.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
    let at = whole.chars().nth(map.mark.column.saturating_sub(1) as usize);
    let first = entries(map).first();
    let own = first.is_some_and(|e| !e.merged && e.at == map.mark);
    if own && !matches!(at, Some('{' | '*')) {
        return Ok(());
    }
    Err(format!("line {line} is not written with one entry a line: edit it by hand"))
}

/// The index of the line on which an entry begins.
pub(super) fn index(entry: &Entry) -> usize {
    (entry.at.line as usize).saturating_sub(1)
}

/// The index after the last line that belongs to an entry.
pub(super) fn extent(lines: &[&str], entry: &Entry) -> usize {
    let mut end = index(entry) + 1;
    for (at, line) in lines.iter().enumerate().skip(end) {
        let indent = line.chars().take_while(|c| *c == ' ').count();
        let blank = line.trim().is_empty();
        let deeper = indent >= entry.at.column as usize;
        if !blank && deeper {
            end = at + 1;
        } else if !blank && !line.trim_start().starts_with('#') {
            break;
        }
    }
    end
}

fn insert_path(text: &str, root: Option<&Node>, path: &[String]) -> Result<String, String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(mut node) = root else { return Ok(put(&lines, lines.len(), 0, path)) };
    let mut parent: Option<&Entry> = None;
    for (depth, key) in path.iter().enumerate() {
        let rest = path.get(depth..).unwrap_or_default();
        let own: Vec<&Entry> = entries(node).iter().filter(|e| !e.merged).collect();
        let (Some(first), Some(last)) = (own.first(), own.last()) else {
            let Some(parent) = parent else { return Ok(put(&lines, lines.len(), 0, path)) };
            return below(&lines, parent, rest);
        };
        if let Some(entry) = own.iter().find(|e| &e.key == key) {
            parent = Some(entry);
            node = &entry.value;
            continue;
        }
        block(text, node)?;
        let column = (first.at.column as usize).saturating_sub(1);
        return Ok(put(&lines, extent(&lines, last), column, rest));
    }
    Err("the host is named there already".to_owned())
}

/// Puts lines below a key that has no value yet.
fn below(lines: &[&str], parent: &Entry, rest: &[String]) -> Result<String, String> {
    let at = index(parent);
    let line = lines.get(at).copied().unwrap_or_default();
    let (head, tail) = line.split_once(':').ok_or("a key without a colon")?;
    let value = tail.split(" #").next().unwrap_or_default().trim();
    if !matches!(value, "" | "{}" | "~" | "null") {
        return Err(format!(
            "line {} has a value that cannot be extended: edit it by hand",
            parent.at.line
        ));
    }
    let tail = if value.is_empty() { tail.to_owned() } else { tail.replacen(value, "", 1) };
    let bare = format!("{head}:{}{}", tail.trim_end(), eol(lines));
    let mut all: Vec<&str> = lines.to_vec();
    if let Some(place) = all.get_mut(at) {
        *place = &bare;
    }
    Ok(put(&all, at + 1, parent.at.column as usize + 1, rest))
}

/// The lines with a chain of keys at this index.
fn put(lines: &[&str], at: usize, column: usize, keys: &[String]) -> String {
    let eol = eol(lines);
    let mut out: String = lines.iter().take(at).copied().collect();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(eol);
    }
    for (depth, key) in keys.iter().enumerate() {
        out.extend(std::iter::repeat_n(' ', column + 2 * depth));
        out.push_str(&crate::domain::scaffold::yaml(&Value::from(key.as_str())));
        out.push(':');
        out.push_str(eol);
    }
    out.extend(lines.iter().skip(at).copied());
    out
}

pub(super) fn eol(lines: &[&str]) -> &'static str {
    if lines.first().is_some_and(|l| l.ends_with("\r\n")) { "\r\n" } else { "\n" }
}

fn set(value: &mut Value, path: &[String]) {
    let mut at = value;
    for key in path {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(map) = at else { return };
        at = map.entry(key.clone()).or_insert(Value::Null);
    }
}

fn unset(value: &mut Value, path: &[String]) {
    let Some((last, way)) = path.split_last() else { return };
    let mut at = value;
    for key in way {
        let Some(next) = at.get_mut(key) else { return };
        at = next;
    }
    if let Value::Object(map) = at {
        map.remove(last);
        if map.is_empty() {
            *at = Value::Null;
        }
    }
}

pub(super) fn verify(text: &str, meant: &Value) -> Result<(), String> {
    let said = parse(text)?.map_or(Value::Null, |root| root.to_json());
    if said == *meant {
        return Ok(());
    }
    Err("the edit would change more than this host: edit the file by hand".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn host(name: &str) -> HostId {
        name.parse().unwrap()
    }

    fn add(text: &str, groups: &[&str]) -> Result<String, String> {
        let groups: Vec<GroupName> = groups.iter().map(|g| g.parse().unwrap()).collect();
        insert(text, &host("new-1"), &groups)
    }

    #[test]
    fn a_host_joins_the_example_fleet_and_leaves_it_without_a_trace() {
        let text = include_str!("../../../inventory/hosts.yml");
        let new = add(text, &["production"]).unwrap();
        let line = "            calgary-prod:\n";
        assert_eq!(new, text.replace(line, &format!("{line}            new-1:\n")));
        assert_eq!(remove(&new, &host("new-1")).unwrap().as_deref(), Some(text));
        assert_eq!(remove(text, &host("new-1")).unwrap(), None);
    }

    #[test]
    fn every_way_to_write_a_group_gets_its_host() {
        for (text, want) in [
            ("", "all:\n  children:\n    g:\n      hosts:\n        new-1:\n"),
            (
                "---\n# empty\n",
                "---\n# empty\nall:\n  children:\n    g:\n      hosts:\n        new-1:\n",
            ),
            ("g:\n", "g:\n  hosts:\n    new-1:\n"),
            ("g: {}  # none\n", "g:   # none\n  hosts:\n    new-1:\n"),
            ("g:\n    hosts:\n", "g:\n    hosts:\n      new-1:\n"),
            (
                "g:\n  hosts:\n    a:\n      x: 1\n\n# end",
                "g:\n  hosts:\n    a:\n      x: 1\n    new-1:\n\n# end",
            ),
            ("g:\n  vars:\n    x: 'a'\n", "g:\n  vars:\n    x: 'a'\n  hosts:\n    new-1:\n"),
            ("g:\r\n  hosts:\r\n    a:", "g:\r\n  hosts:\r\n    a:\r\n    new-1:\r\n"),
            (
                "all:\n  hosts:\n    a:\n",
                "all:\n  hosts:\n    a:\n  children:\n    g:\n      hosts:\n        new-1:\n",
            ),
            (
                "all:\n  children:\n    g:\ng:\n  hosts: # here\n    a: # A\n",
                "all:\n  children:\n    g:\ng:\n  hosts: # here\n    a: # A\n    new-1:\n",
            ),
        ] {
            assert_eq!(add(text, &["g"]).as_deref(), Ok(want), "of {text:?}");
        }
    }

    #[test]
    fn what_cannot_be_edited_safely_is_refused() {
        for text in [
            "g: {hosts: {a: }}\n",
            "g:\n  hosts: {a: }\n",
            "h:\n  hosts: &x\n    a:\ng:\n  hosts: *x\n",
            "g:\n  hosts: &x\n    a:\nh:\n  hosts: *x\n",
            "g:\n  hosts:\n    new-1:\n",
            "g:\n  hosts:\n    a:\n    a:\n",
            "g: [\n",
        ] {
            assert!(add(text, &["g"]).is_err(), "{text:?}");
        }
        let range = "g:\n  hosts:\n    new-[1:3]:\n";
        assert!(remove(range, &host("new-2")).unwrap_err().contains("new-[1:3]"));
    }

    #[test]
    fn a_host_is_taken_out_of_all_groups_with_its_own_lines_only() {
        let text = "g:\n  hosts:\n    # first\n    a:\n      x: |\n        # text\n        y\n    # second\n    b:\nh:\n  hosts:\n    a:\n";
        let without = remove(text, &host("a")).unwrap().unwrap();
        assert_eq!(without, "g:\n  hosts:\n    # first\n    # second\n    b:\nh:\n  hosts:\n");
    }

    proptest! {
        #[test]
        fn no_line_of_a_person_is_ever_lost(
            comments in proptest::collection::vec("[ ]{0,8}(# [a-z:{ ]{0,10})?", 0..12),
        ) {
            let base = ["all:", "  children:", "    g:", "      hosts:", "        a:", "          x: 'q'", "    h:"];
            let mut lines: Vec<String> = Vec::new();
            for (at, line) in base.iter().enumerate() {
                lines.push((*line).to_owned());
                lines.extend(comments.get(at).cloned());
            }
            let text = format!("{}\n", lines.join("\n"));
            let new = add(&text, &["g"]).unwrap();
            let kept: Vec<&str> = new.lines().filter(|l| l.trim() != "new-1:").collect();
            prop_assert_eq!(kept, text.lines().collect::<Vec<_>>());
            prop_assert_eq!(remove(&new, &host("new-1")).unwrap(), Some(text));
        }
    }
}
