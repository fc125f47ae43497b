//! From text to tree, within budgets.

use std::collections::HashMap;

use serde_json::Value;
use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, StructureStyle, Tag};

use super::explain::explain;
use super::fault::{Fault, MAX_DEPTH, too_deep};
use super::node::{Entry, Kind, Mark, Node};
use super::scalar;

/// How many values a document may hold, with those that aliases repeat.
const MAX_NODES: usize = 50_000;

/// A document that was read.
#[derive(Debug)]
pub(in crate::adapters::inventory) struct Document {
    /// The value; `None` where the file holds none.
    pub(in crate::adapters::inventory) root: Option<Node>,
    /// Keys that stand twice: the second place, the key, and the first place.
    pub(in crate::adapters::inventory) twice: Vec<(Mark, String, Mark)>,
}

/// Reads the one document of a text.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other events are values")]
pub(in crate::adapters::inventory) fn parse(text: &str) -> Result<Document, Fault> {
    if let Some(fault) = conflict(text) {
        return Err(fault);
    }
    let options = serde_yaml::granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
    };
    let parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader { parser, text, anchors: HashMap::new(), nodes: 0, twice: Vec::new() };
    let mut root = None;
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::DocumentStart(..) if root.is_some() => {
                let hint = Some("keep one, and take the line with --- out");
                return Err(fault(&span, "the file holds more than one document".to_owned(), hint));
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Comment(..)
            | Event::Anchor(..) => {}
            node => root = Some(reader.node(node, &span, 1)?),
        }
    }
    Ok(Document { root: root.filter(|n| !is_null(n)), twice: reader.twice })
}

fn is_null(node: &Node) -> bool {
    matches!(node.kind, Kind::Scalar(Value::Null))
}

/// A merge conflict that git left behind.
fn conflict(text: &str) -> Option<Fault> {
    let (line, _) = text.lines().enumerate().find(|(_, line)| line.starts_with("<<<<<<< "))?;
    let mark = Mark { line: u32::try_from(line + 1).unwrap_or(u32::MAX), column: 1 };
    let message = "the file holds an unresolved merge conflict".to_owned();
    Some(Fault {
        mark,
        message,
        hint: Some("keep one side and take the <<<<<<<, ======= and >>>>>>> lines out"),
    })
}

fn mark(span: &Span) -> Mark {
    Mark {
        line: u32::try_from(span.start.line()).unwrap_or(u32::MAX),
        column: u32::try_from(span.start.col()).unwrap_or(u32::MAX - 1) + 1,
    }
}

fn fault(span: &Span, message: String, hint: Option<&'static str>) -> Fault {
    Fault { mark: mark(span), message, hint }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    /// Complete anchored values with their size and depth.
    anchors: HashMap<usize, (Node, usize, usize)>,
    nodes: usize,
    twice: Vec<(Mark, String, Mark)>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Fault> {
        match self.parser.next() {
            None => Ok(None),
            Some(Ok(next)) => Ok(Some(next)),
            Some(Err(error)) => Err(explain(&error, self.text)),
        }
    }

    /// The next event inside a list or mapping, which must have an end.
    fn inside(&mut self, span: &Span) -> Result<(Event<'t>, Span), Fault> {
        self.next()?
            .ok_or_else(|| fault(span, "the file ends in the middle of this".to_owned(), None))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the parser may grow events")]
    fn node(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Node, Fault> {
        self.count(span, 1, depth)?;
        let (kind, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (scalar_kind(&text, style, tag.as_deref(), span)?, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                known_tag(tag.as_deref(), "seq", span)?;
                (self.list(span, depth)?, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                known_tag(tag.as_deref(), "map", span)?;
                (self.map(span, depth)?, anchor)
            }
            Event::Alias(id) => return self.alias(id, span, depth),
            _ => {
                return Err(fault(span, "a value is wanted here".to_owned(), None));
            }
        };
        let node = Node { mark: mark(span), kind };
        if anchor > 0 {
            let (size, height) = node.measure();
            self.anchors.insert(anchor, (node.clone(), size, height));
        }
        Ok(node)
    }

    fn count(&mut self, span: &Span, more: usize, depth: usize) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(more);
        if depth > MAX_DEPTH {
            let (message, hint) = too_deep();
            return Err(fault(span, message, hint));
        }
        if self.nodes > MAX_NODES {
            let message = format!(
                "the file holds more than {MAX_NODES} values, with those that aliases repeat"
            );
            return Err(fault(
                span,
                message,
                Some("split it into several files, and use fewer aliases"),
            ));
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, span: &Span, depth: usize) -> Result<Node, Fault> {
        let Some((_, size, height)) = self.anchors.get(&id) else {
            return Err(fault(span, "an alias stands inside of what it names".to_owned(), None));
        };
        let (size, height) = (*size, *height);
        self.count(span, size, depth + height - 1)?;
        let node = self.anchors.get(&id).map(|(node, ..)| node.clone());
        node.map(|node| Node { mark: mark(span), ..node })
            .ok_or_else(|| fault(span, "an alias names nothing".to_owned(), None))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all other events are values")]
    fn list(&mut self, span: &Span, depth: usize) -> Result<Kind, Fault> {
        let mut items = Vec::new();
        loop {
            let (event, at) = self.inside(span)?;
            match event {
                Event::SequenceEnd => return Ok(Kind::List(items)),
                Event::Comment(..) | Event::Anchor(..) => {}
                event => items.push(self.node(event, &at, depth + 1)?),
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all other events are values")]
    fn map(&mut self, span: &Span, depth: usize) -> Result<Kind, Fault> {
        let mut entries = Entries::default();
        loop {
            let (event, at) = self.inside(span)?;
            let (key, merge) = match event {
                Event::MappingEnd => return Ok(Kind::Map(entries.all)),
                Event::Comment(..) | Event::Anchor(..) => continue,
                Event::Scalar(text, style, _, _) => {
                    let merge = style == ScalarStyle::Plain && text == "<<";
                    (text.into_owned(), merge)
                }
                // Two braces are a mapping as the key of a mapping.
                Event::MappingStart(StructureStyle::Flow, ..) => {
                    let message = "a value that begins with {{ needs quotes".to_owned();
                    return Err(fault(span, message, Some("write it as \"{{ name }}\"")));
                }
                _ => {
                    let hint = Some("write one word, and put text with blanks in quotes");
                    return Err(fault(&at, "a key must be a single text".to_owned(), hint));
                }
            };
            let (event, value_at) = self.inside(span)?;
            let value = self.node(event, &value_at, depth + 1)?;
            let key_at = mark(&at);
            if merge {
                merge_into(&mut entries, value)?;
                continue;
            }
            let new = Entry { key, at: key_at, value, twice: false, merged: false };
            match entries.find(&new.key) {
                Some(first) if first.merged => *first = new,
                Some(first) => {
                    first.twice = true;
                    self.twice.push((key_at, new.key, first.at));
                }
                None => entries.push(new),
            }
        }
    }
}

/// The entries of a mapping, found by their keys.
#[derive(Default)]
struct Entries {
    all: Vec<Entry>,
    /// Where each stands, once there are more than [`FEW`].
    places: HashMap<String, usize>,
}

/// So few are found sooner by looking at each.
const FEW: usize = 16;

impl Entries {
    fn find(&mut self, key: &str) -> Option<&mut Entry> {
        if self.all.len() <= FEW {
            return self.all.iter_mut().find(|entry| entry.key == key);
        }
        self.places.get(key).and_then(|at| self.all.get_mut(*at))
    }

    fn push(&mut self, entry: Entry) {
        self.all.push(entry);
        let new = if self.all.len() == FEW + 1 { 0 } else { self.all.len() - 1 };
        if self.all.len() > FEW {
            let named = self.all.iter().enumerate().skip(new);
            self.places.extend(named.map(|(at, entry)| (entry.key.clone(), at)));
        }
    }
}

/// `<<: *other` or `<<: [*a, *b]`: entries that are not there yet; the first of several wins.
fn merge_into(entries: &mut Entries, value: Node) -> Result<(), Fault> {
    let mark = value.mark;
    let wrong = || Fault {
        mark,
        message: "a merge key wants a mapping or a list of mappings".to_owned(),
        hint: Some("write <<: *NAME"),
    };
    let sources = match value.kind {
        Kind::Map(_) => vec![value],
        Kind::List(items) => items,
        Kind::Scalar(_) | Kind::Literal(_) | Kind::Vault => return Err(wrong()),
    };
    for source in sources {
        let Kind::Map(more) = source.kind else { return Err(wrong()) };
        for entry in more {
            if entries.find(&entry.key).is_none() {
                entries.push(Entry { merged: true, ..entry });
            }
        }
    }
    Ok(())
}

fn scalar_kind(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: &Span,
) -> Result<Kind, Fault> {
    let quoted = style != ScalarStyle::Plain;
    let Some(tag) = tag else {
        let text_value = || Value::String(text.to_owned());
        return Ok(Kind::Scalar(if quoted { text_value() } else { scalar::plain(text) }));
    };
    if tag.handle() == "!" {
        return match tag.suffix() {
            "vault" | "vault-encrypted" => Ok(Kind::Vault),
            "unsafe" => Ok(Kind::Literal(text.to_owned())),
            "" => Ok(Kind::Scalar(Value::String(text.to_owned()))),
            _ => Err(unknown_tag(tag, span)),
        };
    }
    match tag.core_suffix() {
        Some("str") => Ok(Kind::Scalar(Value::String(text.to_owned()))),
        Some("int" | "float" | "bool" | "null") => Ok(Kind::Scalar(scalar::plain(text))),
        _ => Err(unknown_tag(tag, span)),
    }
}

fn known_tag(tag: Option<&Tag>, want: &str, span: &Span) -> Result<(), Fault> {
    match tag {
        Some(tag) if tag.core_suffix() != Some(want) && tag.suffix() != "unsafe" => {
            Err(unknown_tag(tag, span))
        }
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &Tag, span: &Span) -> Fault {
    let at = Span::new(span.tag_start().unwrap_or(span.start), span.end);
    let name: String =
        format!("{}{}", tag.original_handle(), tag.suffix()).chars().take(60).collect();
    fault(
        &at,
        format!("the tag {name} has no meaning here"),
        Some("take it out, or put text that begins with ! in quotes"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_stand_twice_and_merged_ones_are_found_in_mappings_of_any_length() {
        for n in [2, FEW - 1, FEW, FEW + 1, FEW + 2, 40] {
            let last = n - 1;
            let keys = |indent: &str| {
                let lines: Vec<String> = (0..n).map(|i| format!("{indent}k{i}: {i}\n")).collect();
                lines.concat()
            };
            let all = keys("");
            let document = parse(&format!("{all}k0: again\nk{last}: again\n")).unwrap();
            let twice: Vec<(u32, &str, u32)> = document
                .twice
                .iter()
                .map(|(at, key, first)| (at.line, key.as_str(), first.line))
                .collect();
            let line = |i: usize| u32::try_from(i + 1).unwrap();
            let (first, end) = ("k0", format!("k{last}"));
            assert_eq!(twice, [(line(n), first, 1), (line(n + 1), end.as_str(), line(last))]);

            let below = keys("    ");
            let text = format!(
                "base: &base\n{below}own:\n    <<: *base\n    k{last}: mine\n    more: 1\n"
            );
            let Some(Node { kind: Kind::Map(top), .. }) = parse(&text).unwrap().root else {
                panic!()
            };
            let own = top.iter().find(|entry| entry.key == "own").unwrap().value.to_json();
            let own = own.as_object().unwrap();
            assert_eq!(own.len(), n + 1, "{text}");
            assert_eq!(own.get(&format!("k{last}")).unwrap(), "mine");
            assert_eq!(own.get("k0").unwrap(), 0);
        }
    }
}
