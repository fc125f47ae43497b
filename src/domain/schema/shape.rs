//! What a variable's value may look like, as JSON Schema (draft 7, which every editor reads).
//!
//! **Invariant:** what the loader takes, a schema takes too; a value that is a template is left to the loader.

use serde_json::{Value, json};

/// A text by a pattern, with the rule in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// An ECMA regular expression for the whole text.
    pattern: &'static str,
    /// What must not be found in it.
    never: Option<&'static str>,
    /// The rule, as the loader says it.
    rule: &'static str,
}

impl Text {
    const fn new(pattern: &'static str, rule: &'static str) -> Self {
        Self { pattern, never: None, rule }
    }

    /// For an item of a list, whose blanks are part of it.
    fn item(self) -> Value {
        self.with(&format!("^(?:{})$", self.pattern))
    }

    fn schema(self) -> Value {
        self.with(&format!(r"^\s*(?:{})\s*$", self.pattern))
    }

    fn with(self, pattern: &str) -> Value {
        let mut schema = json!({
            "type": "string",
            "pattern": pattern,
            "description": self.rule,
        });
        if let (Some(never), Some(schema)) = (self.never, schema.as_object_mut()) {
            schema.insert("not".to_owned(), json!({ "pattern": never }));
        }
        schema
    }
}

/// The kinds of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// A text.
    Text(Text),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number in a range, also as text.
    Whole(u64, u64),
    /// A number in a range, also as text.
    Number(f64, f64),
    /// A truth value, also as Ansible reads it in text.
    Truth,
    /// A list of TCP ports.
    Ports,
    /// A list of texts.
    List(Text),
    /// A count, or a text that says one.
    Count(Text),
    /// The same, or a list of them.
    Counts(Text),
    /// A truth value, or a text that says why.
    Reason,
    /// A list of names or of mappings.
    Entries,
    /// One value of any kind: it goes into `.env` as text.
    Single,
    /// Whatever Ansible or a template of the fleet makes of it.
    Any,
}

impl Shape {
    /// The schema of a value that is no template.
    fn plain(self) -> Value {
        match self {
            Self::Text(text) => text.schema(),
            Self::OneOf(words) => json!({ "enum": words }),
            Self::Whole(least, most) => json!({ "anyOf": [
                { "type": "integer", "minimum": least, "maximum": most },
                { "type": "string", "pattern": r"^\s*\d+\s*$" },
            ]}),
            Self::Number(least, most) => json!({ "anyOf": [
                { "type": "number", "minimum": least, "maximum": most },
                { "type": "string", "pattern": r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$" },
            ]}),
            Self::Truth => json!({ "anyOf": [
                { "type": "boolean" },
                { "type": "string", "pattern": r"^\s*([Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|1|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]|[Oo][Ff][Ff]|0)\s*$" },
            ]}),
            Self::Ports => list(&json!({ "type": "integer", "minimum": 1, "maximum": u16::MAX })),
            Self::List(text) => list(&text.item()),
            Self::Count(text) => count(text),
            Self::Counts(text) => json!({ "anyOf": [
                count(text),
                { "type": "array", "minItems": 1, "items": count(text) },
            ]}),
            Self::Reason => json!({ "type": ["boolean", "string"] }),
            Self::Entries => json!({ "type": "array", "items": { "type": ["string", "object"] } }),
            Self::Single => json!({ "type": ["string", "number", "boolean"] }),
            Self::Any => json!(true),
        }
    }

    /// The schema of a variable: its value, a template that becomes one, or nothing.
    pub(super) fn schema(self, about: &str) -> Value {
        if self == Self::Any {
            return json!({ "description": about });
        }
        json!({
            "description": about,
            "anyOf": [self.plain(), { "$ref": "#/definitions/template" }, { "type": "null" }],
        })
    }
}

fn count(text: Text) -> Value {
    json!({ "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 10_000 }, text.schema()] })
}

fn list(item: &Value) -> Value {
    let item = json!({ "anyOf": [item, { "$ref": "#/definitions/template" }] });
    json!({ "type": "array", "items": item })
}

/// A value that is filled when it is used.
pub(super) fn template() -> Value {
    json!({
        "description": "a template, filled when it is used: \"{{ name }}\"",
        "type": "string",
        "pattern": r"\{\{|\{%|\{#",
    })
}

/// An address of SSH.
pub(super) const ADDRESS: Shape = Shape::Text(Text::new(
    "[A-Za-z0-9_.:%][A-Za-z0-9_.:%-]{0,252}",
    "a host name or an IP address",
));
/// A user on a host.
pub(super) const USER: Shape =
    Shape::Text(Text::new("[A-Za-z_][A-Za-z0-9_.-]{0,31}", "letters, digits, `_`, `.` and `-`"));
/// A DNS name.
pub(super) const DOMAIN: Shape = Shape::Text(Text::new(
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*",
    "a DNS name in lower case, without a scheme or a path",
));
/// A path on a host.
pub(super) const REMOTE_PATH: Shape = Shape::Text(Text::new(
    r"(/([^/.\u0000-\u001f\u007f-\u009f][^/\u0000-\u001f\u007f-\u009f]*|\.[^/.\u0000-\u001f\u007f-\u009f][^/\u0000-\u001f\u007f-\u009f]*|\.\.[^/\u0000-\u001f\u007f-\u009f]+)?)+",
    "an absolute path without `.` or `..` parts",
));
/// A path on the control machine.
pub(super) const LOCAL_PATH: Shape = Shape::Text(Text::new(
    r#"(~/|/)[^%$"\u0000-\u001f\u007f-\u009f]*"#,
    "an absolute path, `~/…` or \"{{ inventory_dir }}/…\", without `%`, `$` and quotes",
));
/// A path below the checkout.
const BELOW: Text = Text::new(
    r"([A-Za-z0-9_][A-Za-z0-9_.-]*|\.[A-Za-z0-9_-][A-Za-z0-9_.-]*|\.\.[A-Za-z0-9_.-]+)(/([A-Za-z0-9_][A-Za-z0-9_.-]*|\.[A-Za-z0-9_-][A-Za-z0-9_.-]*|\.\.[A-Za-z0-9_.-]+)?)*",
    "a path below the checkout, without `..`",
);
/// A folder below the checkout.
pub(super) const FOLDER: Shape = Shape::Text(BELOW);
/// Files below the checkout.
pub(super) const FILES: Shape = Shape::List(BELOW);
/// Names of Compose.
pub(super) const NAMES: Shape = Shape::List(Text::new(
    "[A-Za-z0-9][A-Za-z0-9_.-]{0,99}",
    "letters, digits, `_`, `.` and `-`, the first a letter or digit",
));
/// A branch, tag or commit.
pub(super) const GIT_REF: Shape = Shape::Text(Text {
    pattern: "[A-Za-z0-9_+]([A-Za-z0-9_.+-]*[A-Za-z0-9_+-])?(/[A-Za-z0-9_+-]([A-Za-z0-9_.+-]*[A-Za-z0-9_+-])?)*",
    never: Some(r"\.\.|\.lock(/|\s*$)"),
    rule: "a branch, tag or commit; quote one that looks like a number",
});
/// The address of a repository.
pub(super) const GIT_URL: Shape = Shape::Text(Text {
    pattern: r"(https://[A-Za-z0-9]|ssh://[A-Za-z0-9]|/|[A-Za-z0-9][A-Za-z0-9._@-]*:([!#%()*+,.0-9:=?@A-Z\[\]^_a-z{}~]|/([!#%()*+,.0-9:=?@A-Z\[\]^_a-z{}~-]|$)))[!#%()*+,./0-9:=?@A-Z\[\]^_a-z{}~-]*",
    never: Some("::"),
    rule: "https://…, ssh://…, user@host:path or an absolute path",
});
/// An address of the web.
pub(super) const HTTP_URL: Shape = Shape::Text(Text::new(
    r"https?://[!-.0-?A-~]+(/[!-~]*)?",
    "http://… or https://… without a password in it",
));
/// The address of a file.
pub(super) const FILE_URL: Shape = Shape::Text(Text::new(
    r"(https?://|file:///)[!#-&(-\[\]-~]*",
    "https://…, or file:///… on the server",
));
/// The path of an address.
pub(super) const URL_PATH: Shape = Shape::Text(Text::new(
    r"/([!$-.0-\[\]-~][!$-\[\]-~]*)?",
    "it begins with one slash and has no spaces",
));
/// When cron runs something.
pub(super) const CRON: Shape = Shape::Text(Text::new(
    r"@(hourly|daily|midnight|weekly|monthly)|[A-Za-z0-9*/,-]+(\s+[A-Za-z0-9*/,-]+){4}",
    "five fields as crontab(5) has them, such as `0 3 * * *`, or @daily",
));
/// The label of an instance in metrics.
pub(super) const LABEL: Shape =
    Shape::Text(Text::new("[A-Za-z0-9._:-]{1,253}", "letters, digits, `.`, `-`, `_` and `:`"));
/// A command line.
pub(super) const COMMAND: Shape = Shape::Text(Text::new(
    r"[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*",
    "one line without control characters",
));
/// An e-mail address.
pub(super) const EMAIL: Shape =
    Shape::Text(Text::new(r"[!#-&(-?A-\[\]-~]+@[!#-&(-\[\]-~]+", "name@example.org"));
/// Addresses and networks.
pub(super) const NETWORKS: Shape = Shape::List(Text::new(
    "[0-9A-Fa-f.:]+(/[0-9]{1,3})?",
    "an address or a network, such as 192.0.2.0/24",
));
/// A SHA-256.
pub(super) const SHA256: Shape =
    Shape::Text(Text::new("[0-9A-Fa-f]{64}", "the 64 digits that sha256sum prints"));
/// Any line.
pub(super) const LINE: Shape =
    Shape::Text(Text::new(r"[\s\S]*", "text; quote what looks like a number"));
/// How many targets.
pub(super) const AMOUNTS: Shape = Shape::Counts(Text::new(
    r"0*(100|[1-9][0-9]?)\s*%|[0-9]+",
    "a count from 1 to 10000, or 1% to 100%",
));
/// A limit of a run or of each batch.
pub(super) const LIMIT: Shape = Shape::Count(Text::new(
    r"(0*(100|[1-9][0-9]?)\s*%|[0-9]+)\s*(/\s*(run|batch))?",
    "a count or per cent, of the run or of each batch: 2, 25%, 1/batch, 50%/batch",
));
/// The name of a host or a group.
pub(super) const NAME: Shape = Shape::Text(Text {
    pattern: "[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}",
    never: Some(r"\.\."),
    rule: "letters, digits, `_`, `-` and `.`",
});
/// Which news is told.
pub(super) const NEWS: Shape = Shape::List(Text::new(
    "ended|paused|needs-you|failed",
    "one of ended, paused, needs-you, failed",
));
/// Who gets mail.
pub(super) const MAIL_TO: Shape = Shape::List(Text::new(
    "[A-Za-z0-9._+%=-]+@[A-Za-z0-9._+%=-]+",
    "an address such as ops@example.org",
));
