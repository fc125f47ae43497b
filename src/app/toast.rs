//! Short notices that go away by themselves.

use jiff::{SignedDuration, Timestamp};

use crate::domain::untrusted::Safe;

/// At most this many are kept; older ones go.
pub const MAX_TOASTS: usize = 4;

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    /// Something was done.
    Done,
    /// Something should be looked at.
    Warning,
    /// Something did not work.
    Problem,
}

impl ToastKind {
    /// Seconds that it stays.
    fn stays_s(self) -> i64 {
        match self {
            Self::Done => 4,
            Self::Warning => 8,
            Self::Problem => 15,
        }
    }
}

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// How much it matters.
    pub kind: ToastKind,
    /// What it says.
    pub text: Safe,
    /// When it goes away.
    pub until: Timestamp,
}

/// The notices on the screen, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toasts(Vec<Toast>);

impl Toasts {
    /// Shows a notice; one with the same text is shown once.
    pub fn push(&mut self, kind: ToastKind, text: Safe, now: Timestamp) {
        self.0.retain(|t| t.text != text);
        let until = now.checked_add(SignedDuration::from_secs(kind.stays_s())).unwrap_or(now);
        self.0.push(Toast { kind, text, until });
        let excess = self.0.len().saturating_sub(MAX_TOASTS);
        self.0.drain(..excess);
    }

    /// Takes away those whose time is over.
    pub fn expire(&mut self, now: Timestamp) {
        self.0.retain(|t| t.until > now);
    }

    /// Takes away all; says whether there was any.
    pub fn clear(&mut self) -> bool {
        let any = !self.0.is_empty();
        self.0.clear();
        any
    }

    /// Those on the screen, oldest first.
    pub fn shown(&self) -> &[Toast] {
        &self.0
    }
}
