//! Inventory files: groups with `hosts:`, `children:` and `vars:`.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::files::{self, Content, place};
use super::ranges::expand;
use super::yaml::{Entry, Kind, Mark, Node};
use crate::domain::ids::{GroupName, HostId};
use crate::domain::inventory::{Place, Problems, RawVar, RawVars, Reading, Tree};
use crate::domain::suggest::nearest;

/// How many hosts and groups an inventory may have.
const MAX_HOSTS: usize = 10_000;
const MAX_GROUPS: usize = 1_000;

/// Reads an inventory file into the tree. What is wrong with its structure is fatal: with half a
/// list of hosts, `all:!group` would name hosts that it must not.
pub(super) fn read(path: &Path, tree: &mut Tree, problems: &mut Problems) {
    let file = files::shown(path);
    let at = Place::file(&file);
    let root = match files::read(path, problems) {
        Content::Document(document) => document.root,
        Content::Encrypted => {
            let hint = "keep hosts and groups in plain text, and encrypt variables only";
            return problems.fatal(&at, "the inventory file is encrypted", Some(hint));
        }
        Content::Unreadable => {
            return problems.fatal(&at, "no host of this file is known", None);
        }
    };
    let Some(root) = root else { return };
    let mut source = SourceFile { file, tree, problems };
    let Kind::Map(groups) = &root.kind else {
        let hint = "write groups: all:, below it hosts: and children:";
        source.fatal(root.mark, "an inventory file wants a mapping of groups", Some(hint));
        return;
    };
    for group in groups {
        source.group(group);
    }
}

struct SourceFile<'a> {
    file: Arc<str>,
    tree: &'a mut Tree,
    problems: &'a mut Problems,
}

impl SourceFile<'_> {
    fn fatal(&mut self, mark: Mark, message: impl Into<String>, hint: Option<&str>) {
        self.problems.fatal(&place(&self.file, mark), message, hint);
    }

    /// A group and all below it; gives its name.
    fn group(&mut self, entry: &Entry) -> Option<GroupName> {
        let at = place(&self.file, entry.at);
        let name: GroupName = match entry.key.parse() {
            Ok(name) => name,
            Err(wrong) => {
                let hint = if entry.key == "plugin" {
                    "inventory plugins are not run: write hosts out"
                } else {
                    wrong.rule
                };
                self.fatal(
                    entry.at,
                    format!("{:?} is no valid group name", wrong.text),
                    Some(hint),
                );
                return None;
            }
        };
        if entry.twice {
            self.problems.fatal(&at, format!("group {name} stands twice at one place"), None);
        }
        if !name.as_str().chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            let hint = "Ansible wants letters, digits and underscores in group names";
            self.problems.warn(&at, format!("group name {name} is unusual"), Some(hint));
        }
        self.tree.group(&name, &at);
        if self.tree.groups.len() > MAX_GROUPS {
            self.fatal(entry.at, format!("the inventory has more than {MAX_GROUPS} groups"), None);
            return None;
        }
        for part in self.mapping(&entry.value, &format!("group {name}"))? {
            self.part(&name, part);
        }
        Some(name)
    }

    fn part(&mut self, group: &GroupName, part: &Entry) {
        let known = ["hosts", "children", "vars"];
        if part.twice && known.contains(&part.key.as_str()) {
            self.fatal(part.at, format!("{} of group {group} stands twice", part.key), None);
        }
        match part.key.as_str() {
            "hosts" => {
                for host in self.names(&part.value, "hosts").iter() {
                    self.hosts(group, host);
                }
            }
            "children" => {
                for child in self.names(&part.value, "children").iter() {
                    let Some(name) = self.group(child) else { continue };
                    let at = place(&self.file, child.at);
                    let children = &mut self.tree.group(group, &at).children;
                    if !children.contains(&name) {
                        children.push(name);
                    }
                }
            }
            "vars" => {
                let Some(vars) = self.mapping(&part.value, "vars") else { return };
                let mut vars = variables(&self.file, vars);
                let priority = vars.remove("ansible_group_priority");
                let at = place(&self.file, part.at);
                if let Some(priority) = priority {
                    self.priority(group, &priority);
                }
                self.tree.group(group, &at).vars.extend(vars);
            }
            other => {
                let hint = nearest(other, known).map_or_else(
                    || "only hosts, children and vars may stand here".to_owned(),
                    |meant| format!("did you mean {meant}?"),
                );
                let at = place(&self.file, part.at);
                let message = format!("{other:?} has no meaning in group {group} and is skipped");
                self.problems.warn(&at, message, Some(&hint));
            }
        }
    }

    fn priority(&mut self, group: &GroupName, var: &RawVar) {
        let number = match &var.reading {
            Reading::Plain(Value::Number(number)) => number.as_i64(),
            Reading::Plain(Value::String(text)) => text.trim().parse().ok(),
            Reading::Plain(_)
            | Reading::Literal(_)
            | Reading::Encrypted
            | Reading::Ambiguous
            | Reading::Template { .. } => None,
        };
        match number {
            Some(number) => self.tree.group(group, &var.key).priority = number,
            None => {
                self.problems.fatal(&var.at, "ansible_group_priority wants a whole number", None);
            }
        }
    }

    /// An entry of `hosts:`, which may stand for several.
    fn hosts(&mut self, group: &GroupName, entry: &Entry) {
        let at = place(&self.file, entry.at);
        let (pattern, port) = without_port(&entry.key);
        let names = match expand(pattern) {
            Ok(names) => names,
            Err(why) => {
                let key: String = entry.key.chars().take(80).collect();
                self.problems.error(&at, format!("host range {key:?}: {why}"), None);
                return;
            }
        };
        let mut vars = match &entry.value.kind {
            Kind::Map(vars) => Some(variables(&self.file, vars)),
            Kind::Scalar(Value::Null) => Some(RawVars::new()),
            Kind::Scalar(_) | Kind::Literal(_) | Kind::List(_) | Kind::Vault => None,
        };
        if let (Some(vars), Some(port)) = (&mut vars, port) {
            let reading = Reading::Plain(Value::from(port));
            let said = RawVar { reading, key: at.clone(), at: at.clone() };
            vars.entry("ansible_port".into()).or_insert_with(|| Arc::new(said));
        }
        for name in names {
            let id: HostId = match name.parse() {
                Ok(id) => id,
                Err(wrong) => {
                    let message =
                        format!("{:?} is no valid host name, and is left out", wrong.text);
                    self.problems.error(&at, message, Some(wrong.rule));
                    continue;
                }
            };
            self.host(group, &id, entry, vars.as_ref());
            if self.tree.hosts.len() > MAX_HOSTS {
                let message = format!("the inventory has more than {MAX_HOSTS} hosts");
                return self.fatal(entry.at, message, None);
            }
        }
    }

    fn host(&mut self, group: &GroupName, id: &HostId, entry: &Entry, vars: Option<&RawVars>) {
        let at = place(&self.file, entry.at);
        if self.tree.host(id, &at).groups.insert(group.clone()) {
            self.tree.group(group, &at).hosts.push(id.clone());
        }
        let host = self.tree.host(id, &at);
        if entry.twice {
            host.broken = true;
            let message = format!("host {id} stands twice in one group");
            self.problems.lose(id, &at, message, Some("keep one of the two"));
            return;
        }
        if let Some(vars) = vars {
            host.vars.extend(vars.clone());
        } else {
            host.broken = true;
            let value_at = place(&self.file, entry.value.mark);
            let hint = "write its variables below it, indented, as name: value";
            self.problems.lose(
                id,
                &value_at,
                format!("host {id} wants a mapping of variables"),
                Some(hint),
            );
        }
    }

    /// The names of hosts or groups: the entries of a mapping, or one name alone.
    fn names<'n>(&mut self, node: &'n Node, what: &str) -> Cow<'n, [Entry]> {
        if let Kind::Scalar(Value::String(name)) = &node.kind {
            let value = Node { kind: Kind::Scalar(Value::Null), ..node.clone() };
            let key = name.clone();
            return Cow::Owned(vec![Entry {
                key,
                at: node.mark,
                value,
                twice: false,
                merged: false,
            }]);
        }
        Cow::Borrowed(self.mapping(node, what).unwrap_or_default())
    }

    /// The entries of a mapping; nothing for nothing.
    fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        match &node.kind {
            Kind::Map(entries) => Some(entries),
            Kind::Scalar(Value::Null) => Some(&[]),
            Kind::List(_) => {
                let hint =
                    "write the names as keys, `name:` each on its own line, and not as `- name`";
                self.fatal(
                    node.mark,
                    format!("{what} wants a mapping, and this is a list"),
                    Some(hint),
                );
                None
            }
            Kind::Scalar(_) | Kind::Literal(_) | Kind::Vault => {
                let hint = "write names as keys, `name:` each on its own line";
                self.fatal(
                    node.mark,
                    format!("{what} wants a mapping, and this is a single value"),
                    Some(hint),
                );
                None
            }
        }
    }
}

/// An entry of `hosts:` and the port that stands behind it, as in `db:2222`. An address with colons of its own has none.
fn without_port(key: &str) -> (&str, Option<u16>) {
    let split =
        key.rsplit_once(':').and_then(|(pattern, port)| Some((pattern, port.parse().ok()?)));
    let own = |pattern: &str| {
        pattern.split(']').any(|p| p.split('[').next().is_some_and(|p| p.contains(':')))
    };
    match split.filter(|(pattern, port)| *port > 0 && !own(pattern)) {
        Some((pattern, port)) => (pattern, Some(port)),
        None => (key, None),
    }
}

/// The entries of a mapping as variables.
pub(super) fn variables(file: &Arc<str>, entries: &[Entry]) -> RawVars {
    let one = |entry: &Entry| {
        let reading = if entry.twice || entry.value.is_ambiguous() {
            Reading::Ambiguous
        } else if entry.value.is_encrypted() {
            Reading::Encrypted
        } else if let Kind::Literal(text) = &entry.value.kind {
            Reading::Literal(Value::String(text.clone()))
        } else {
            Reading::Plain(entry.value.to_json())
        };
        let var = RawVar { reading, key: place(file, entry.at), at: place(file, entry.value.mark) };
        (entry.key.as_str().into(), Arc::new(var))
    };
    entries.iter().map(one).collect()
}
