//! Dialogs in the middle of the screen, and lines of text that are typed.

use ratatui::layout::Rect;
use tui_input::Input;

use crate::app::layers::{Confirm, Focus, GuardForm, ReferenceForm};
use crate::domain::untrusted::Safe;
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::text::{cut, width, wrap, wrap_as_written};
use crate::ui::theme::Role;

/// Columns that a line needs in which something is typed.
const LINE: usize = 16;

/// Clears a place of this size in the middle and frames it; gives the area inside.
pub(in crate::ui) fn frame(
    canvas: &mut Canvas<'_>,
    area: Rect,
    w: u16,
    h: u16,
    title: &str,
    right: &str,
) -> Rect {
    let w = w.min(area.width.saturating_sub(2));
    let h = h.min(area.height.saturating_sub(2));
    let place = Rect {
        x: area.x + (area.width - w) / 2,
        y: area.y + (area.height - h) / 3,
        width: w,
        height: h,
    };
    canvas.clear(place, Role::Dialog);
    canvas.pane(place, title, right, Focused::Yes)
}

/// A line that is typed, with its caret.
pub(in crate::ui) fn line(canvas: &mut Canvas<'_>, x: u16, y: u16, w: u16, input: &Input) {
    let room = usize::from(w.saturating_sub(1));
    let skip = input.visual_scroll(room);
    let mut seen = String::new();
    let mut at = 0;
    for c in input.value().chars() {
        let cw = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if at >= skip && width(&seen) + cw <= room {
            seen.push(c);
        }
        at += cw;
    }
    canvas.put(x, y, w, &seen, Role::Strong);
    let caret =
        u16::try_from(input.visual_cursor().max(skip) - skip).unwrap_or(0).min(w.saturating_sub(1));
    canvas.over(Rect { x: x.saturating_add(caret), y, width: 1, height: 1 }, Role::Caret);
}

/// A question with two buttons, and the reason that is kept with what it leads to.
pub(in crate::ui) fn confirm(
    canvas: &mut Canvas<'_>,
    area: Rect,
    question: &Confirm,
    why: Option<&Safe>,
) {
    let w = area.width.saturating_sub(4).min(64);
    let text_w = usize::from(w.saturating_sub(4));
    let why = why.map(|why| format!("Reason: {why}"));
    let lines: Vec<String> =
        question.lines.iter().chain(&why).flat_map(|l| wrap_as_written(l, text_w, 4)).collect();
    let h = u16::try_from(lines.len()).unwrap_or(1) + 5;
    let inner = frame(canvas, area, w, h, &question.title, "");
    let y = inner.bottom().saturating_sub(2).max(inner.y);
    told(canvas, Rect { height: (y - inner.y).saturating_sub(1), ..inner }, &lines);
    let look =
        |focus: Focus, plain: Role| if question.focus == focus { Role::Button } else { plain };
    let safe = if question.focus == Focus::Safe {
        format!(" > {} ", question.safe)
    } else {
        format!("   {} ", question.safe)
    };
    let act = if question.focus == Focus::Act {
        format!(" > {} ", question.act)
    } else {
        format!("   {} ", question.act)
    };
    let used = canvas.put(inner.x, y, inner.width, &safe, look(Focus::Safe, Role::Text));
    canvas.put(
        inner.x + used + 2,
        y,
        inner.width.saturating_sub(used + 2),
        &act,
        look(Focus::Act, Role::Danger),
    );
    let keys = ["tab other choice  enter take it  esc back", "tab other  enter take  esc back"];
    let fits = |keys: &&str| width(keys) <= usize::from(inner.width);
    let keys = keys.into_iter().find(fits).unwrap_or("tab  enter  esc");
    canvas.put(inner.x, y + 1, inner.width, keys, Role::Dim);
}

/// The lines of a question; where not all have room, the last one that is seen says so.
fn told(canvas: &mut Canvas<'_>, area: Rect, lines: &[String]) {
    let rows = usize::from(area.height);
    for (at, (y, text)) in (area.y..area.bottom()).zip(lines).enumerate() {
        let goes_on = at + 1 == rows && lines.len() > rows;
        let more = format!("{}…", cut(text, usize::from(area.width).saturating_sub(1)));
        let text = if goes_on && !text.ends_with('…') { &more } else { text };
        canvas.put(area.x, y, area.width, text, Role::Dialog);
    }
}

/// The name of a group that a guardrail wants typed.
pub(in crate::ui) fn guard(canvas: &mut Canvas<'_>, area: Rect, form: &GuardForm) {
    let n = form.plan.targets().count();
    let noun = if n == 1 { "instance" } else { "instances" };
    let title = format!("{} {n} {noun}", form.plan.workflow.name());
    let label = format!("type {}  ", form.wanted);
    // Whoever has to type a long name has to see all of it, and then what is typed.
    let long = width(&label) + LINE > 62;
    let h = if long { 11 } else { 9 };
    let inner = frame(canvas, area, 66, h, &title, "a guardrail asks for more");
    if inner.height < 5 {
        return;
    }
    let reasons = form.plan.rules.verdict.iter().flat_map(|v| &v.reasons);
    let reasons: Vec<&str> = reasons.map(Safe::as_str).collect();
    let lines = wrap(&reasons.join("; "), usize::from(inner.width), 2);
    for (y, text) in (inner.y..).zip(&lines) {
        canvas.put(inner.x, y, inner.width, text, Role::Dim);
    }
    let (mut x, mut y) = (inner.x, inner.y + 3);
    if long {
        for text in wrap(&label, usize::from(inner.width), 3) {
            canvas.put(x, y, inner.width, &text, Role::Text);
            y += 1;
        }
    } else {
        x += canvas.put(x, y, inner.width, &label, Role::Text);
    }
    line(canvas, x, y, inner.right().saturating_sub(x), &form.input);
    let foot = inner.bottom().saturating_sub(1);
    if form.wrong {
        let text = "▼ that is another name: nothing has been changed";
        canvas.put(inner.x, foot, inner.width, text, Role::Down);
    } else {
        let start = if n == 1 { "starts it" } else { "starts them" };
        canvas.put(inner.x, foot, inner.width, &format!("enter {start}  esc back"), Role::Hint);
    }
}

/// The question where to upgrade to.
pub(in crate::ui) fn reference(
    canvas: &mut Canvas<'_>,
    area: Rect,
    form: &ReferenceForm,
    word: &str,
) {
    let n = form.hosts.len();
    let title = match form.hosts.as_slice() {
        [one] => format!("{word} {one}"),
        _ => format!("{word} {n} instances"),
    };
    let own = " each instance's own (cml_ref)";
    asked_line(canvas, area, form, (&title, "1 of 3: where to"), ("branch, tag or commit  ", own));
}

/// The question which playbook to run.
pub(in crate::ui) fn playbook(canvas: &mut Canvas<'_>, area: Rect, form: &ReferenceForm) {
    let n = form.hosts.len();
    let title = match form.hosts.as_slice() {
        [one] => format!("Run a playbook on {one}"),
        _ => format!("Run a playbook on {n} instances"),
    };
    let options = " site.yml --check --diff --tags A,B";
    asked_line(canvas, area, form, (&title, "1 of 3: which"), ("playbook  ", options));
}

/// A line that is asked for; `empty` stands there while nothing is typed.
fn asked_line(
    canvas: &mut Canvas<'_>,
    area: Rect,
    form: &ReferenceForm,
    (title, step): (&str, &str),
    (label, empty): (&str, &str),
) {
    let inner = frame(canvas, area, 66, 8, title, step);
    if inner.height < 4 {
        return;
    }
    let names: Vec<&str> = form.hosts.iter().map(crate::domain::ids::HostId::as_str).collect();
    canvas.put(inner.x, inner.y, inner.width, &names.join(" "), Role::Dim);
    let used = canvas.put(inner.x, inner.y + 2, inner.width, label, Role::Text);
    if form.input.value().is_empty() {
        canvas.put(
            inner.x + used + 1,
            inner.y + 2,
            inner.width.saturating_sub(used + 1),
            empty,
            Role::Dim,
        );
    }
    line(canvas, inner.x + used, inner.y + 2, inner.width.saturating_sub(used), &form.input);
    if let Some(problem) = &form.problem {
        let text = cut(problem, usize::from(inner.width));
        canvas.put(inner.x, inner.y + 3, inner.width, &text, Role::Down);
    }
    let y = inner.bottom() - 1;
    canvas.put(
        inner.x,
        y,
        inner.width,
        "enter make the plan (changes nothing)  esc back",
        Role::Dim,
    );
}
