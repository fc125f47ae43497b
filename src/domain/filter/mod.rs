//! The filter of instances: words, `/patterns/` and typed comparisons, all of which must hold.
//!
//! ```text
//! canary               the word stands in a name, domain, group, release or health
//! "two words"          the same with blanks
//! /^cal.*-prod$/       a regular expression, on the same texts
//! p95>800ms            a figure against a value with its unit
//! backup>26h disk>80%  both
//! version!=v2.4        v2.4 and every v2.4.N are left out
//! group=canary tier=2 health!=healthy
//! backup=none          there is no such figure
//! !group=canary        not
//! ```
//!
//! **Invariant:** what is not known neither holds nor fails: an instance without the figure is shown by
//! neither `p95>1s` nor `!p95>1s`, only by `p95=none`.

mod amount;
mod eval;
mod field;
mod parse;
mod rows;

pub use field::Field;
pub use parse::FilterError;
pub use rows::{Column, Columns, Has, Row, RowFilter, Value};

use amount::Amount;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// The same.
    Equal,
    /// Another.
    Unequal,
    /// Less.
    Less,
    /// Less or the same.
    AtMost,
    /// More.
    More,
    /// More or the same.
    AtLeast,
}

/// What a term asks.
#[derive(Debug, Clone)]
enum Ask {
    /// The word, in lower case, stands in one of the texts.
    Word(String),
    /// The pattern fits one of the texts.
    Pattern(regex::Regex),
    /// A figure is so.
    Amount(Field, Op, Amount),
    /// A text is so; lower case, `*` stands for anything.
    Text(Field, Op, String),
    /// A text fits the pattern.
    Fits(Field, regex::Regex),
    /// The release is so.
    Version(Op, String),
    /// There is none of it.
    Missing(Field),
}

#[derive(Debug, Clone)]
struct Term {
    not: bool,
    ask: Ask,
}

/// A filter that can be used. The empty one lets everything through.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    terms: Vec<Term>,
    text: String,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Filter {
    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether everything goes through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether what goes through can change without an instance changing its state: it asks for a figure.
    pub fn reads_figures(&self) -> bool {
        self.terms.iter().any(|term| match &term.ask {
            Ask::Missing(field) | Ask::Text(field, ..) | Ask::Fits(field, _) => {
                *field != Field::Instance
            }
            Ask::Amount(..) | Ask::Version(..) | Ask::Word(_) | Ask::Pattern(_) => true,
        })
    }
}
