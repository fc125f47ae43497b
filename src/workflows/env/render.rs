//! From a template to the file of one host.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind};

use super::markers::Markers;
use super::variables::{self, Known};
use crate::domain::dotenv::{self, Entry};
use crate::domain::env::{Wanted, looks_secret};
use crate::domain::fleet::Host;
use crate::domain::secret::{Part, Sealed, SealedError, Secret, SecretName, Secrets};
use crate::domain::untrusted::Safe;

/// A template with its name in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The file, as the operator would name it.
    pub name: Safe,
    /// Its text.
    pub text: String,
}

impl Template {
    /// The one that comes with the program.
    pub fn embedded() -> Self {
        Self { name: Safe::line("the built-in env.j2"), text: super::EMBEDDED.to_owned() }
    }
}

/// What a host's `.env` should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The file, with holes for secrets.
    pub file: Sealed,
    /// Its variables, in order.
    pub variables: Vec<Wanted>,
    /// Variables that are wanted and not in the file, since [an import found none](Desired::for_host).
    pub left_out: Vec<Wanted>,
}

/// Why a template cannot be filled. No message holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{template}{}: {message}", self.place())]
pub struct TemplateError {
    /// The template.
    pub template: Safe,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong and where to mend it.
    pub message: Safe,
}

impl TemplateError {
    fn place(&self) -> String {
        self.line.map(|line| format!(", line {line}")).unwrap_or_default()
    }
}

/// Fills a template for a host. Pure: the secrets only decide the hashes.
pub fn render(
    template: &Template,
    host: &Host,
    secrets: &Secrets,
) -> Result<Desired, TemplateError> {
    let mut desired = filled(template, host, secrets)?;
    let names = |name: &SecretName| (name.clone(), Secret::new(format!("the secret {name}")));
    let shapes = filled(template, host, &secrets.keys().map(names).collect())?;
    let shapes: BTreeMap<String, String> =
        shapes.variables.into_iter().map(|w| (w.name, w.fingerprint)).collect();
    for wanted in &mut desired.variables {
        if let Some(shape) = shapes.get(&wanted.name) {
            wanted.shape.clone_from(shape);
        }
    }
    Ok(desired)
}

fn filled(template: &Template, host: &Host, secrets: &Secrets) -> Result<Desired, TemplateError> {
    let markers = Markers::new(&template.text, secrets);
    let known = variables::known(host, secrets, &markers);
    let trouble = |line: Option<usize>, message: String| TemplateError {
        template: template.name.clone(),
        line,
        message: Safe::line(&message),
    };
    let engine = engine(&markers).map_err(|error| trouble(None, error.to_string()))?;
    let mut rendered = engine
        .render_str(&template.text, &known.values)
        .map_err(|error| trouble(error.line(), explained(&error, template, host, &known)))?;
    // Something may follow it on the host.
    if !rendered.ends_with('\n') {
        rendered.push('\n');
    }
    let parts = markers.split(&rendered);
    let file = Sealed::seal(parts, secrets).map_err(|e| trouble(None, e.to_string()))?;
    let variables = wanted(&file, secrets).map_err(|(line, text)| trouble(line, text))?;
    Ok(Desired { file, variables, left_out: Vec::new() })
}

/// Every value that is printed goes through the encoder.
#[expect(clippy::wildcard_enum_match_arm, reason = "the engine may learn further kinds")]
fn engine(markers: &Markers) -> Result<Environment<'static>, Error> {
    let markers = markers.clone();
    let mut engine = variables::engine();
    // As Ansible does it: a line that only holds a block leaves none behind.
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    engine.set_syntax(syntax.build()?);
    engine.set_formatter(move |out, state, value| {
        let refuse = |why: &str| Error::new(ErrorKind::InvalidOperation, why.to_owned());
        let text = match value.kind() {
            ValueKind::Undefined => return minijinja::escape_formatter(out, state, value),
            ValueKind::None => String::new(),
            ValueKind::Bool => value.is_true().to_string(),
            ValueKind::Number | ValueKind::String => value.to_string(),
            _ => {
                return Err(refuse(
                    "it is a list or a mapping: join it, for example with | join(\",\")",
                ));
            }
        };
        let encoded = markers.encode(&text).map_err(refuse)?;
        Ok(out.write_str(&encoded)?)
    });
    Ok(engine)
}

/// What went wrong, and where to mend it.
fn explained(error: &Error, template: &Template, host: &Host, known: &Known) -> String {
    if error.kind() == ErrorKind::OutOfFuel {
        return "it takes too many steps".to_owned();
    }
    if error.kind() != ErrorKind::UndefinedError {
        let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        return detail;
    }
    let missing = missing(error, template, known);
    let names = if missing.is_empty() { "a variable".to_owned() } else { missing.join(", ") };
    let reasons: Vec<String> = missing
        .iter()
        .filter_map(|name| Some((name, known.unfilled.get(name)?)))
        .map(|(name, why)| format!("; {name} is a template that cannot be filled: {why}"))
        .collect();
    let id = &host.id;
    let place = match missing.first() {
        Some(name) if name.starts_with("vault_") => {
            format!("put it into the vault: bunker vault set {id} {name}")
        }
        _ => format!("set it in host_vars/{id}/main.yml, or for a group in group_vars/"),
    };
    format!("{names} is not defined for {id}: {place}{}", reasons.concat())
}

/// The names on the line of an error that nothing defines.
fn missing(error: &Error, template: &Template, known: &Known) -> Vec<String> {
    let line = error.line().and_then(|n| template.text.lines().nth(n.checked_sub(1)?));
    let line = line.unwrap_or_default();
    let engine = variables::engine();
    // A block that goes on over lines cannot be read by its first line alone.
    let Ok(read) = engine.template_from_str(line) else { return Vec::new() };
    let mut names: Vec<String> = read.undeclared_variables(false).into_iter().collect();
    names.retain(|name| !known.values.contains_key(name) && !defaulted(line, name));
    names.sort();
    names
}

/// Whether a line gives a default for a name.
fn defaulted(line: &str, name: &str) -> bool {
    line.split(name).skip(1).any(|after| after.trim_start().starts_with("| default"))
}

type Wrong = (Option<usize>, String);

/// The variables of a file: their values are read back as Compose will read them.
fn wanted(file: &Sealed, secrets: &Secrets) -> Result<Vec<Wanted>, Wrong> {
    let text = file.open(secrets).map_err(|e: SealedError| (None, e.to_string()))?;
    let parsed = dotenv::parse(text.expose());
    if let Some(problem) = parsed.problems.first() {
        let text = format!(
            "what it makes is no good .env (line {} there): {}",
            problem.line, problem.text
        );
        return Err((None, text));
    }
    let holes: Vec<(usize, usize)> = file
        .parts
        .iter()
        .zip(places(file, secrets)?)
        .filter(|(part, _)| matches!(part, Part::Secret { .. }))
        .map(|(_, place)| place)
        .collect();
    Ok(parsed.entries().map(|entry| of_entry(entry, &holes)).collect())
}

fn of_entry(entry: &Entry, holes: &[(usize, usize)]) -> Wanted {
    let value = entry.value.as_deref().unwrap_or_default();
    let (from, to) = (entry.at, entry.at + entry.raw.len());
    let filled = holes.iter().any(|(start, end)| *start < to && *end > from);
    let shown = (!filled && !looks_secret(&entry.name, value)).then(|| Safe::line(value));
    let fingerprint = dotenv::fingerprint(&entry.name, value);
    Wanted { name: entry.name.clone(), shape: fingerprint.clone(), fingerprint, shown }
}

/// Where each part stands in the filled text: its first byte, and the one behind its last.
pub(super) fn places(file: &Sealed, secrets: &Secrets) -> Result<Vec<(usize, usize)>, Wrong> {
    let mut at = 0;
    let mut places = Vec::new();
    for part in &file.parts {
        let one = Sealed::seal(vec![part.clone()], secrets).and_then(|one| one.open(secrets));
        let n = one.map_err(|e| (None, e.to_string()))?.expose().len();
        places.push((at, at + n));
        at += n;
    }
    Ok(places)
}
