//! The targets of a plan: how ready each is, and for the chosen one everything that was found.

use ratatui::layout::Rect;

use crate::app::pages::{Pane, PlanPage};
use crate::domain::plan::{Excluded, Finding, HostPlan, Readiness};
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::text::{width, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::badge;

/// Columns of the verdict and the gap behind it.
const VERDICT_W: u16 = 10;

/// A target, or an instance that is left out.
enum Row<'a> {
    Target(&'a HostPlan),
    LeftOut(&'a Excluded),
}

impl Row<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Target(host) => host.id.as_str(),
            Self::LeftOut(excluded) => excluded.host.as_str(),
        }
    }

    /// What is left out is in no batch: its words stand there.
    fn has_batch(&self) -> bool {
        matches!(self, Self::Target(_))
    }

    /// The worst that there is to say of it: about what, and what.
    fn first(&self) -> Option<(&str, &str)> {
        match self {
            Self::Target(host) => {
                host.findings.first().map(|f| (f.subject.as_str(), f.text.as_str()))
            }
            Self::LeftOut(excluded) => Some(("", excluded.reason.as_str())),
        }
    }

    /// All that there is to say of it, worst first.
    fn said(&self) -> Vec<String> {
        match self {
            Self::Target(host) => host.findings.iter().map(in_words).collect(),
            Self::LeftOut(excluded) => vec![excluded.reason.to_string()],
        }
    }

    /// Whether a row with so much room behind its batch leaves some of it out.
    fn is_cut(&self, room: usize, batch_w: u16) -> bool {
        let room = room + if self.has_batch() { 0 } else { usize::from(batch_w) };
        let several = matches!(self, Self::Target(host) if host.findings.len() > 1);
        several || self.first().is_some_and(|(of, text)| shown_width(of) + width(text) > room)
    }
}

fn in_words(finding: &Finding) -> String {
    format!("{}: {}", finding.subject, finding.text)
}

/// Columns of what a text is about, with what stands between the two.
fn shown_width(of: &str) -> usize {
    if of.is_empty() { 0 } else { width(of) + 2 }
}

/// All rows, those that need somebody first.
fn rows(page: &PlanPage) -> Vec<Row<'_>> {
    let mut hosts: Vec<&HostPlan> = page.plan.hosts.iter().collect();
    hosts.sort_by_key(|h| h.readiness);
    let left_out = page.plan.excluded.iter().map(Row::LeftOut);
    hosts.into_iter().map(Row::Target).chain(left_out).collect()
}

/// Columns of the batch and the gap behind it: none where all go at once.
fn batch_width(page: &PlanPage) -> u16 {
    let n = page.plan.batches.len();
    let widest = u16::try_from(format!("batch {n}").len()).unwrap_or(0);
    if n > 1 { widest + 2 } else { 0 }
}

/// Which batch a target is in.
fn batch(page: &PlanPage, row: &Row<'_>) -> Option<String> {
    let Row::Target(host) = row else { return None };
    let at = page.plan.batches.iter().position(|batch| batch.contains(&host.id))?;
    Some(format!("batch {}", at + 1))
}

/// Columns of the names, and whether a row leaves something out in a pane whose inside is so wide.
fn name_width(page: &PlanPage, rows: &[Row<'_>], inside: u16) -> (u16, bool) {
    let widest = rows.iter().map(|row| width(row.name())).max().unwrap_or(0);
    let name_w = u16::try_from(widest.clamp(8, 28)).unwrap_or(28);
    let room = usize::from(inside.saturating_sub(name_w + 3 + batch_width(page) + VERDICT_W));
    (name_w, rows.iter().any(|row| row.is_cut(room, batch_width(page))))
}

/// Lines of the terminal that everything would take, in a pane that is so wide.
pub(super) fn wanted(page: &PlanPage, wide: u16) -> u16 {
    let rows = rows(page);
    let (_, cut) = name_width(page, &rows, wide.saturating_sub(4));
    let list = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(2);
    list.saturating_add(if cut { 6 } else { 0 })
}

pub(super) fn draw(canvas: &mut Canvas<'_>, page: &PlanPage, area: Rect) {
    let focus = if page.pane == Pane::Second { Focused::Yes } else { Focused::No };
    let inner = canvas.pane(area, "Readiness", &counts(page), focus);
    let rows = rows(page);
    // The same for all rows, so that moving the cursor moves nothing else.
    let (name_w, cut) = name_width(page, &rows, inner.width);
    let n_rows = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let below =
        if cut && inner.height >= 4 { inner.height - n_rows.min(inner.height / 2) } else { 0 };
    let list = Rect { height: inner.height - below, ..inner };
    let top = page.cursor.selected.saturating_sub(usize::from(list.height).saturating_sub(1));
    for (y, (at, row)) in (list.top()..list.bottom()).zip(rows.iter().enumerate().skip(top)) {
        if at == page.cursor.selected {
            let band = Rect { x: inner.x - 1, y, width: inner.width + 2, height: 1 };
            canvas.band(band, Role::Selection);
        }
        let batch = batch(page, row).unwrap_or_default();
        let widths = (name_w, batch_width(page));
        line(canvas, (row, &batch), Rect { y, height: 1, ..list }, widths);
    }
    if let Some(row) = rows.get(page.cursor.selected).filter(|_| below > 0) {
        all_of_it(canvas, row, Rect { y: list.bottom() + 1, height: below - 1, ..inner });
    }
}

/// How many are how ready.
fn counts(page: &PlanPage) -> String {
    let plan = &page.plan;
    let count = |r: Readiness| plan.hosts.iter().filter(|h| h.readiness == r).count();
    let mut counts: Vec<String> = [
        Readiness::Ready,
        Readiness::Warning,
        Readiness::Review,
        Readiness::Unknown,
        Readiness::Blocked,
    ]
    .into_iter()
    .filter(|r| count(*r) > 0)
    .map(|r| format!("{} {}", count(r), badge::readiness(r).word))
    .collect();
    if !plan.excluded.is_empty() {
        counts.push(format!("{} left out", plan.excluded.len()));
    }
    counts.join(" · ")
}

fn line(
    canvas: &mut Canvas<'_>,
    (row, batch): (&Row<'_>, &str),
    area: Rect,
    (name_w, batch_w): (u16, u16),
) {
    let (glyph, glyph_role, name_role, word, word_role, said_role) = match row {
        Row::Target(host) => {
            let badge = badge::readiness(host.readiness);
            let word = if badge.role == Role::Healthy { Role::Text } else { badge.role };
            (badge.glyph, badge.role, Role::Strong, badge.word, word, Role::Text)
        }
        Row::LeftOut(_) => ("○", Role::NotRun, Role::Dim, "left out", Role::Dim, Role::Dim),
    };
    let batch_w = if row.has_batch() { batch_w } else { 0 };
    let x = area.x + 2 + name_w + 1 + batch_w;
    let room = area.width.saturating_sub(name_w + 3 + batch_w);
    canvas.put(area.x, area.y, 1, glyph, glyph_role);
    canvas.put(area.x + 2, area.y, name_w, row.name(), name_role);
    canvas.put(x - batch_w, area.y, batch_w, batch, Role::Dim);
    canvas.put(x, area.y, 8.min(room), word, word_role);
    if let Some(first) = row.said().first() {
        canvas.put(x + VERDICT_W, area.y, room.saturating_sub(VERDICT_W), first, said_role);
    }
}

/// What stands where lines have no room.
pub(super) fn more_lines(n: usize) -> String {
    format!("… {n} more lines: `bunker plan` or a taller terminal shows them")
}

/// Everything that was found of the chosen one, as far as there is room.
fn all_of_it(canvas: &mut Canvas<'_>, row: &Row<'_>, area: Rect) {
    canvas.put(area.x, area.y, area.width, row.name(), Role::Strong);
    let text_w = area.width.saturating_sub(2);
    let said = row.said();
    let wrapped = |text: &String| wrap(text, usize::from(text_w), 4).into_iter().enumerate();
    let mut lines: Vec<(usize, String)> = said.iter().flat_map(wrapped).collect();
    let room = usize::from(area.height.saturating_sub(1));
    if lines.len() > room {
        let n_hidden = lines.len() + 1 - room;
        lines.truncate(room.saturating_sub(1));
        lines.push((1, more_lines(n_hidden)));
    }
    if lines.is_empty() {
        lines.push((1, "nothing stands in its way".to_owned()));
    }
    for (y, (at, text)) in (area.top() + 1..area.bottom()).zip(lines) {
        canvas.put(area.x, y, 1, if at == 0 { "·" } else { "" }, Role::Dim);
        canvas.put(area.x + 2, y, text_w, &text, Role::Text);
    }
}
