//! Taking an instance into the inventory: the form, then what was found and what would be written, then what was.

use ratatui::layout::Rect;

use crate::app::action::Action;
use crate::app::enrol_page::{EnrolPage, Purpose, Stage};
use crate::app::model::Model;
use crate::domain::scaffold::enrol::{Draft, Enrolled, FoundThere, ShownFile, ShownKey};
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::text::{several, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome, form};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &EnrolPage, area: Rect) {
    let header = model.size.page_header();
    let (head, form_title) = match page.purpose {
        Purpose::Add => (" add an instance  ", "The new instance"),
        Purpose::Import => (" import an instance  ", "The instance that runs already"),
    };
    let line = [(head.to_owned(), Role::Accent), (step(page), Role::Header)];
    chrome::first_line(canvas, model, &line, area);
    if header > 1 {
        canvas.put(
            area.x + 1,
            area.y + 1,
            area.width.saturating_sub(2),
            &hint(model, page),
            Role::Dim,
        );
    }
    let foot = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    let skip = [Action::Palette, Action::Runs];
    let typing = [Action::Palette, Action::Runs, Action::Help, Action::Quit];
    let skip: &[Action] = if page.stage == Stage::Form { &typing } else { &skip };
    chrome::footer(canvas, model, foot, skip, "");
    let mut body =
        Rect { y: area.y + header, height: foot.y.saturating_sub(area.y + header), ..area };
    if page.stage == Stage::Form {
        problem(canvas, page, &mut body);
        let inner = canvas.pane(body, form_title, "", Focused::Yes);
        form::draw(canvas, &page.form, inner);
        return;
    }
    let width = usize::from(body.width.saturating_sub(4));
    let lines = lines(model, page, width);
    let visible = usize::from(body.height.saturating_sub(2));
    let top = page.top.min(lines.len().saturating_sub(visible));
    let right = if lines.len() > visible { "j k scroll" } else { "" };
    let inner = canvas.pane(body, title(page), right, Focused::Yes);
    for (y, (text, role)) in (inner.top()..inner.bottom()).zip(lines.into_iter().skip(top)) {
        canvas.put(inner.x, y, inner.width, &text, role);
    }
}

fn step(page: &EnrolPage) -> String {
    let steps = match page.purpose {
        Purpose::Add => "3",
        Purpose::Import => "4",
    };
    let at = match &page.stage {
        Stage::Form | Stage::Working { .. } => 1,
        Stage::Key(_) | Stage::Draft(_) => 2,
        Stage::Found(_) => 3,
        Stage::Done(done) => return done.host.to_string(),
    };
    format!("step {at} of {steps}")
}

fn hint(model: &Model, page: &EnrolPage) -> String {
    let on = model.key(Action::GoOn);
    match (&page.stage, page.purpose) {
        (Stage::Done(_), Purpose::Add) => {
            format!("{on} plans its deployment; the plan is shown first")
        }
        (Stage::Done(_), Purpose::Import) => {
            format!("{on} plans the run that makes a backup and records the release")
        }
        (Stage::Key(_), _) => {
            format!("nothing has been written; {on} asks once more, then pins the key")
        }
        (Stage::Draft(_) | Stage::Found(_), _) => {
            format!("nothing has been written; {on} asks once more, then writes this")
        }
        (Stage::Form | Stage::Working { .. }, Purpose::Add) => {
            "nothing is written before it was shown, and nothing on the host is changed".to_owned()
        }
        (Stage::Form | Stage::Working { .. }, Purpose::Import) => {
            "nothing that runs is stopped or changed; nothing is written before it was shown"
                .to_owned()
        }
    }
}

fn title(page: &EnrolPage) -> &'static str {
    match &page.stage {
        Stage::Form | Stage::Working { .. } => "One moment",
        Stage::Key(_) => "The key that the host shows",
        Stage::Draft(_) => "What will be written",
        Stage::Found(_) => "What was found, and what will be written",
        Stage::Done(_) => "What was written",
    }
}

/// Why it went back to the form, above it; takes its lines off the place.
fn problem(canvas: &mut Canvas<'_>, page: &EnrolPage, body: &mut Rect) {
    let Some(problem) = &page.problem else { return };
    let hint = problem.hint.as_ref().map(|h| format!(": {h}")).unwrap_or_default();
    let room = usize::from(body.width.saturating_sub(5));
    for (at, line) in wrap(&format!("{}{hint}", problem.message), room, 4).iter().enumerate() {
        if at == 0 {
            canvas.put(body.x + 1, body.y, 1, "▼", Role::Down);
        }
        canvas.put(body.x + 3, body.y, body.width.saturating_sub(4), line, Role::Strong);
        body.y += 1;
        body.height = body.height.saturating_sub(1);
    }
}

type Line = (String, Role);

fn lines(model: &Model, page: &EnrolPage, width: usize) -> Vec<Line> {
    match &page.stage {
        Stage::Form => Vec::new(),
        Stage::Working { what, .. } => {
            vec![(format!("{} {what}", badge::spinner(model.now)), Role::Running)]
        }
        Stage::Key(keys) => of_keys(keys, width),
        Stage::Draft(draft) => of_draft(draft, width),
        Stage::Found(found) => of_found(found, width),
        Stage::Done(done) => of_done(model, done, page.purpose, width),
    }
}

/// A heading and a text below it, a little further in.
fn part(lines: &mut Vec<Line>, head: &str, text: &str, width: usize) {
    if text.is_empty() {
        return;
    }
    lines.push((head.to_owned(), Role::Strong));
    for line in wrap(text, width.saturating_sub(2), 12) {
        lines.push((format!("  {line}"), Role::Text));
    }
    lines.push((String::new(), Role::Text));
}

fn of_keys(keys: &[ShownKey], width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if keys.is_empty() {
        lines.push(("● its host key is pinned already".to_owned(), Role::Text));
        lines.push((String::new(), Role::Text));
        return lines;
    }
    let about = "Compare one with what the server itself says, at its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub";
    lines.push(("host key, to be pinned".to_owned(), Role::Strong));
    for key in keys {
        lines.push((format!("  {}  {}", key.fingerprint, key.kind), Role::Accent));
    }
    for line in wrap(about, width.saturating_sub(2), 3) {
        lines.push((format!("  {line}"), Role::Dim));
    }
    lines.push((String::new(), Role::Text));
    lines
}

fn of_draft(draft: &Draft, width: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for warning in &draft.warnings {
        for (at, line) in wrap(warning.as_str(), width.saturating_sub(2), 3).iter().enumerate() {
            lines.push((format!("{} {line}", if at == 0 { "▲" } else { " " }), Role::Degraded));
        }
    }
    lines.extend(of_keys(&draft.keys, width));
    let names: Vec<&str> =
        draft.secrets.iter().map(crate::domain::secret::SecretName::as_str).collect();
    part(&mut lines, "secrets, made and kept in its vault", &names.join(", "), width);
    lines.extend(of_files(&draft.files));
    lines
}

fn of_files(files: &[ShownFile]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for file in files {
        let new = if file.is_new { " (new)" } else { "" };
        lines.push((format!("{}{new}", file.path), Role::Strong));
        for line in &file.lines {
            let text = line.as_str();
            let role = match text.chars().next() {
                Some('+') => Role::Healthy,
                Some('-') => Role::Down,
                _ => Role::Dim,
            };
            lines.push((format!("  {text}"), role));
        }
        lines.push((String::new(), Role::Text));
    }
    lines
}

fn of_found(found: &FoundThere, width: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![
        (format!("{} · {}", found.host, found.domain), Role::Strong),
        (
            format!(
                "  {} as the inventory has it; no value of a secret is shown anywhere",
                several(found.n_same, "variable")
            ),
            Role::Dim,
        ),
        (
            format!(
                "  goes on without {} of the template; its own defaults hold",
                several(found.n_left_out, "variable")
            ),
            Role::Dim,
        ),
        (String::new(), Role::Text),
    ];
    let secrets: Vec<String> =
        found.secrets.iter().map(|(name, hash)| format!("{name} ({hash})")).collect();
    let made: Vec<&str> =
        found.made.iter().map(crate::domain::secret::SecretName::as_str).collect();
    let kept = if found.files.is_empty() {
        "differs from the inventory, which is left as it is; set in host_vars what is to stay"
    } else {
        "differs from the inventory, for host_vars"
    };
    part(&mut lines, "secrets, for the vault", &secrets.join(", "), width);
    part(&mut lines, "secrets that it lacks, which are made", &made.join(", "), width);
    part(&mut lines, kept, &found.variables.join(", "), width);
    part(&mut lines, "not known; left on the host as it is", &found.unknown.join(", "), width);
    part(&mut lines, "configure would change, after the import", &found.differs.join(", "), width);
    lines.extend(of_files(&found.files));
    lines
}

fn of_done(model: &Model, done: &Enrolled, purpose: Purpose, width: usize) -> Vec<Line> {
    let mut lines: Vec<Line> =
        vec![(format!("● {} is in the inventory", done.host), Role::Healthy)];
    for file in &done.files {
        lines.push((format!("  {file}"), Role::Text));
    }
    lines.push((String::new(), Role::Text));
    let (on, back) = (model.key(Action::GoOn), model.key(Action::Back));
    let next = match purpose {
        Purpose::Add => format!(
            "Nothing on the host has been changed yet. {on} plans `deploy`, which sets it up; {back} leaves it for later."
        ),
        Purpose::Import => format!(
            "Its secrets are in the vault. What is left is done by a run: a backup, then its release is recorded. {on} plans it."
        ),
    };
    lines.extend(wrap(&next, width, 4).into_iter().map(|line| (line, Role::Text)));
    lines
}
