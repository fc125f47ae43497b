//! The outputs of several targets of a run at once.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::look::Looked;
use super::model::Model;
use super::msg::{Problem, RunView};
use crate::domain::ids::{HostId, RunId};
use crate::domain::run::state::HostState;
use crate::domain::untrusted::Safe;

/// Lines of each output that are kept here.
pub const N_LINES: usize = 120;

/// How the outputs share the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// One has it all.
    One,
    /// Two by two.
    #[default]
    Four,
    /// As many as can be read.
    Many,
    /// Those that are alike once.
    Folded,
}

impl Layout {
    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::One => Self::Four,
            Self::Four => Self::Many,
            Self::Many => Self::Folded,
            Self::Folded => Self::One,
        }
    }

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Four => "two by two",
            Self::Many => "all that fit",
            Self::Folded => "alike ones folded",
        }
    }
}

/// The end of an output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Its last lines.
    pub lines: Vec<Safe>,
    /// Bytes of the whole output.
    pub bytes: u64,
}

/// The outputs of a run's targets.
pub type Outputs = BTreeMap<HostId, Output>;

/// The page of several outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct PanesSheet {
    /// The run.
    pub run: RunId,
    /// How they share the screen.
    pub layout: Layout,
    /// The outputs, once they were read.
    pub outputs: Option<Outputs>,
    /// What went wrong when they were read last.
    pub trouble: Option<Safe>,
    /// The question whose answer is waited for.
    pub asking: Option<u64>,
    /// When they were last asked for.
    pub asked: Timestamp,
}

impl PanesSheet {
    /// Takes an answer; what was known stays where there is none.
    pub fn take(&mut self, request: u64, answer: &Result<Looked, Problem>) {
        if self.asking != Some(request) {
            return;
        }
        self.asking = None;
        match answer {
            Ok(Looked::Outputs(outputs)) => {
                self.outputs = Some(outputs.clone());
                self.trouble = None;
            }
            Ok(_) => {}
            Err(problem) => self.trouble = Some(problem.message.clone()),
        }
    }
}

/// Targets whose outputs are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Which.
    pub hosts: Vec<HostId>,
    /// Whether they are alike but for numbers.
    pub numbers_differ: bool,
}

/// The targets in the order of the run page.
pub fn hosts(view: &RunView) -> &[HostState] {
    &view.state.hosts
}

/// The run of a page of outputs, as the page below it knows it.
pub fn view<'m>(model: &'m Model, page: &PanesSheet) -> Option<&'m RunView> {
    model.run_page().filter(|below| below.run == page.run)?.view.as_deref()
}

/// Targets with the same output, as far as it is kept here, together. Numbers and ids count as alike: times differ always.
pub fn folded(view: &RunView, outputs: &Outputs) -> Vec<Fold> {
    let mut folds: Vec<(String, String, Fold)> = Vec::new();
    for host in hosts(view) {
        let lines = outputs.get(&host.id).map(|o| o.lines.as_slice()).unwrap_or_default();
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let mask = masked(&text);
        if let Some((_, first, fold)) = folds.iter_mut().find(|(known, ..)| *known == mask) {
            fold.numbers_differ |= *first != text;
            fold.hosts.push(host.id.clone());
        } else {
            let fold = Fold { hosts: vec![host.id.clone()], numbers_differ: false };
            folds.push((mask, text, fold));
        }
    }
    folds.into_iter().map(|(.., fold)| fold).collect()
}

/// The text with each number, and each id of hexadecimal digits, as one sign.
fn masked(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| word(c) != word(first)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        let id = piece.len() >= 7 && piece.chars().all(|c| c.is_ascii_hexdigit());
        let number = piece.chars().any(|c| c.is_ascii_digit());
        match (word(first), id, number) {
            (true, true, _) => out.push('#'),
            (true, false, true) => {
                // `v2`, `12s`: the letters stay.
                let letters = piece.chars().filter(|c| !c.is_ascii_digit());
                out.push('#');
                out.extend(letters);
            }
            _ => out.push_str(piece),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ids_count_as_alike_and_words_do_not() {
        assert_eq!(masked("took 12s of 3f9c2ab0"), masked("took 9s of 642cb08f"));
        assert_ne!(masked("#9 RUN npm ci"), masked("#9 RUN npm i"));
        assert_eq!(masked("ünï 7"), "ünï #");
    }
}
