//! Edits of a list of a file of variables that leave everything else as it stands.
//!
//! **Invariant:** as in `edit`: the new text is read again, and must say what the old one said with exactly the one change.

use serde_json::{Map, Value};

use super::edit::{block, child, entries, eol, extent, index, parse, verify};
use super::yaml::{Entry, Kind, Node};
use crate::domain::scaffold::yaml;

/// The order in which the keys of an item are written; others follow.
const ORDER: [&str; 10] =
    ["name", "daily", "weekly", "once", "cron", "to", "for", "zone", "only", "deny"];

/// Adds an item, a mapping, to the end of the list `name` at the top of a file; makes the list where there is none.
pub(super) fn append(text: &str, name: &str, item: &Map<String, Value>) -> Result<String, String> {
    let root = parse(text)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut meant = root.as_ref().map_or(Value::Object(Map::new()), Node::to_json);
    let Value::Object(map) = &mut meant else {
        return Err("the file is no list of variables".to_owned());
    };
    match map.entry(name.to_owned()).or_insert(Value::Null) {
        Value::Array(items) => items.push(Value::Object(item.clone())),
        empty @ Value::Null => *empty = Value::Array(vec![Value::Object(item.clone())]),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err(format!("{name} is no list"));
        }
    }
    let entry = root.as_ref().and_then(|root| child(root, name));
    let new = match (&root, entry) {
        (Some(root), None) => {
            block(text, root)?;
            let head = format!("{name}:{}", eol(&lines));
            put(&lines, lines.len(), &format!("{head}{}", written(item, 2, eol(&lines))))
        }
        (None, _) => {
            let head = format!("{name}:{}", eol(&lines));
            put(&lines, lines.len(), &format!("{head}{}", written(item, 2, eol(&lines))))
        }
        (Some(_), Some(entry)) => into_list(text, &lines, entry, item)?,
    };
    verify(&new, &meant)?;
    Ok(new)
}

fn into_list(
    text: &str,
    lines: &[&str],
    entry: &Entry,
    item: &Map<String, Value>,
) -> Result<String, String> {
    let items: &[Node] = match &entry.value.kind {
        Kind::List(items) => items,
        Kind::Scalar(_) | Kind::Literal(_) | Kind::Map(_) | Kind::Vault => &[],
    };
    if let Some(first) = items.first() {
        let dash = dash(text, first).ok_or_else(|| {
            let line = entry.at.line;
            format!("line {line} is not written with one item a line: edit it by hand")
        })?;
        let end = end_of_list(lines, entry, dash);
        return Ok(put(lines, end, &written(item, dash, eol(lines))));
    }
    let at = index(entry);
    let line = lines.get(at).copied().unwrap_or_default();
    let (head, tail) = line.split_once(':').ok_or("a key without a colon")?;
    let value = tail.split(" #").next().unwrap_or_default().trim();
    if !matches!(value, "" | "[]" | "~" | "null") {
        return Err(format!("line {} cannot be extended: edit it by hand", entry.at.line));
    }
    let tail = if value.is_empty() { tail.to_owned() } else { tail.replacen(value, "", 1) };
    let bare = format!("{head}:{}{}", tail.trim_end(), eol(lines));
    let mut all: Vec<&str> = lines.to_vec();
    if let Some(place) = all.get_mut(at) {
        *place = &bare;
    }
    Ok(put(&all, at + 1, &written(item, 2, eol(lines))))
}

/// The column of the dash before an item, from 0.
fn dash(text: &str, item: &Node) -> Option<usize> {
    let line = text.lines().nth((item.mark.line as usize).checked_sub(1)?)?;
    let before: String = line.chars().take((item.mark.column as usize).saturating_sub(1)).collect();
    let dash = before.find('-')?;
    let only = before.trim() == "-" && matches!(item.kind, Kind::Map(_));
    only.then_some(dash)
}

/// The index after the last line of a list whose items stand at this column.
fn end_of_list(lines: &[&str], entry: &Entry, dash: usize) -> usize {
    let mut end = index(entry) + 1;
    for (at, line) in lines.iter().enumerate().skip(end) {
        let indent = line.chars().take_while(|c| *c == ' ').count();
        let text = line.trim();
        let own = indent > dash || (indent == dash && text.starts_with('-'));
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if !own {
            break;
        }
        end = at + 1;
    }
    end
}

/// An item with its dash at this column.
fn written(item: &Map<String, Value>, column: usize, eol: &str) -> String {
    let known = ORDER.iter().filter_map(|key| item.get_key_value(*key));
    let others = item.iter().filter(|(key, _)| !ORDER.contains(&key.as_str()));
    let mut out = String::new();
    for (at, (key, value)) in known.chain(others).enumerate() {
        let mark = if at == 0 { "- " } else { "  " };
        out.extend([format!("{:column$}{mark}{key}: {}{eol}", "", yaml(value))]);
    }
    out
}

fn put(lines: &[&str], at: usize, new: &str) -> String {
    let mut out: String = lines.iter().take(at).copied().collect();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(eol(lines));
    }
    out.push_str(new);
    out.extend(lines.iter().skip(at).copied());
    out
}

/// Sets a value of the item of list `name` that is named `item`; `None` where the file has no such item.
pub(super) fn set(
    text: &str,
    name: &str,
    item: &str,
    key: &str,
    value: &Value,
) -> Result<Option<String>, String> {
    let Some(root) = parse(text)? else { return Ok(None) };
    let Some(Kind::List(items)) = child(&root, name).map(|e| &e.value.kind) else {
        return Ok(None);
    };
    let named = |node: &Node| node.to_json().get("name").and_then(Value::as_str) == Some(item);
    let Some(at) = items.iter().position(named) else { return Ok(None) };
    let Some(node) = items.get(at) else { return Ok(None) };
    let mut meant = root.to_json();
    if let Some(Value::Object(map)) = meant.get_mut(name).and_then(|list| list.get_mut(at)) {
        map.insert(key.to_owned(), value.clone());
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if dash(text, node).is_none() {
        return Err(format!(
            "line {} is not written with one value a line: edit it by hand",
            node.mark.line
        ));
    }
    let column = (node.mark.column as usize).saturating_sub(1);
    let line = format!("{:column$}{key}: {}{}", "", yaml(value), eol(&lines));
    let new = if let Some(old) = child(node, key) {
        let (from, to) = (index(old), extent(&lines, old));
        let kept: Vec<&str> =
            lines.iter().take(from).chain(lines.iter().skip(to)).copied().collect();
        put(&kept, from, &line)
    } else {
        let last = entries(node).last().ok_or("the item is empty")?;
        put(&lines, extent(&lines, last), &line)
    };
    verify(&new, &meant)?;
    Ok(Some(new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn add(text: &str) -> Result<String, String> {
        let item = json!({"zone": "UTC", "name": "night", "daily": "22:00", "to": "04:00"});
        append(text, "w", item.as_object().unwrap())
    }

    #[test]
    fn an_item_joins_a_list_and_no_other_byte_changes() {
        let item = |n: usize| {
            let pad = " ".repeat(n);
            format!(
                "{pad}- name: night\n{pad}  daily: \"22:00\"\n{pad}  to: \"04:00\"\n{pad}  zone: UTC\n"
            )
        };
        for (before, at, after) in [
            ("", 2, ""),
            ("---\n# only this\n", 2, ""),
            ("a: 1\n", 2, ""),
            ("a: 1 # without an end", 2, ""),
        ] {
            let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
            assert_eq!(add(before).unwrap(), format!("{before}{end}w:\n{}{after}", item(at)));
        }
        for (before, at, after) in [
            ("w:\n  # the first\n  - name: a # A\n    daily: '01:00'\n", 2, "\n# then\nb: 2\n"),
            ("a: 1\nw:\n- name: a\n  zone: UTC\n", 0, "b: 2\n"),
            ("w:\n    - {name: a}\n    - name: b\n      more:\n        x: 1\n", 4, "# end"),
        ] {
            let text = format!("{before}{after}");
            assert_eq!(add(&text).unwrap(), format!("{before}{}{after}", item(at)));
        }
        for (before, after) in [
            ("w: []\nb: 2\n", "w:\n"),
            ("w:   # none yet\nb: 2\n", "w:   # none yet\n"),
            ("w: null\nb: 2\n", "w:\n"),
        ] {
            assert_eq!(add(before).unwrap(), format!("{after}{}b: 2\n", item(2)), "{before}");
        }
    }

    #[test]
    fn what_cannot_be_edited_safely_is_refused() {
        for text in ["w: [{name: a}]\n", "w: 1\n", "- a\n", "{w: []}\n", "w: [\n", "w:\n  - a\n"] {
            assert!(add(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_value_of_an_item_is_set_and_set_again() {
        let text =
            "w:\n  - name: a # A\n    zone: UTC # here\n  # b\n  - name: b\n    zone: UTC\nx: 1\n";
        let ended = json!({"at": "2026-12-01T00:00:00Z", "by": "anna"});
        let once = set(text, "w", "a", "ended", &ended).unwrap().unwrap();
        let line = "    ended: {\"at\":\"2026-12-01T00:00:00Z\",\"by\":\"anna\"}\n";
        let here = "    zone: UTC # here\n";
        assert_eq!(once, text.replace(here, &format!("{here}{line}")));
        let later = json!({"at": "2026-12-02T00:00:00Z", "by": "ben"});
        let twice = set(&once, "w", "a", "ended", &later).unwrap().unwrap();
        assert_eq!(twice, once.replace("12-01", "12-02").replace("anna", "ben"));
        assert_eq!(set(text, "w", "c", "ended", &ended), Ok(None));
        assert_eq!(set("x: 1\n", "w", "a", "ended", &ended), Ok(None));
    }
}
