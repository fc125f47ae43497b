//! What makes a part of the fleet quiet for a time, as it is asked for on the pages of windows and of alerts: what is typed
//! for it, what is shown before it is done, what came of it.

use super::form::{Blank, Field, Form, Typed};
use super::msg::Problem;
use crate::domain::alerts::{Fits, ManagerSilence, SILENCE_LASTS, silence_s};
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;
use crate::domain::window::{Whom, Window, WindowWish};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuietAsk {
    /// What would be written for this window; nothing is changed by that.
    Draft(Box<WindowWish>),
    /// Write this window, for this reason.
    Add(Box<WindowWish>, Option<Safe>),
    /// Close the window of this name that is on now.
    End {
        /// Its name.
        name: Safe,
        /// Whose it is.
        hosts: Vec<HostId>,
        /// Why.
        why: Option<Safe>,
    },
    /// Make a silence.
    Silence {
        /// What it fits.
        fits: Fits,
        /// For how long, as it was typed.
        lasts: String,
        /// Why.
        why: Safe,
    },
    /// End a silence.
    EndSilence {
        /// Its id.
        id: Safe,
        /// Why.
        why: Option<Safe>,
    },
}

impl QuietAsk {
    /// Why, where somebody said it for this alone.
    pub fn why(&self) -> Option<&Safe> {
        match self {
            Self::Draft(_) => None,
            Self::Silence { why, .. } => Some(why),
            Self::Add(_, why) | Self::End { why, .. } | Self::EndSilence { why, .. } => {
                why.as_ref()
            }
        }
    }

    /// Whether it only looks.
    pub fn only_looks(&self) -> bool {
        matches!(self, Self::Draft(_))
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuietAnswer {
    /// This would be written.
    Draft(WindowDraft),
    /// It was done; what is to be told of it.
    Done(Safe),
}

/// What would be written for a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowDraft {
    /// What was asked for, and is written if it is wanted.
    pub wish: Box<WindowWish>,
    /// The window, in words.
    pub about: Safe,
    /// The hosts that have it then.
    pub hosts: Vec<HostId>,
    /// The hosts on which runs are asked to pause, since it forbids them at once.
    pub frozen: Vec<HostId>,
    /// The change of the files, line by line.
    pub lines: Vec<Safe>,
}

/// Something that is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Word {
    /// The name of a window.
    Name,
    /// By what it opens.
    Opens,
    /// When it opens.
    At,
    /// When it closes, or after how long.
    Closes,
    /// What it does.
    Does,
    /// Whose it is.
    Whose,
    /// Its time zone.
    Zone,
    /// How long a silence lasts.
    Lasts,
    /// Of how much it is.
    Covers,
    /// Why.
    Why,
}

impl Typed for Word {
    // What is typed of a window means something together only: it is looked at as a whole.
    fn check(self, text: &str) -> Result<(), String> {
        match self {
            Self::Lasts => silence_s(text).map(drop),
            Self::Name
            | Self::Opens
            | Self::At
            | Self::Closes
            | Self::Does
            | Self::Whose
            | Self::Zone
            | Self::Covers
            | Self::Why => Ok(()),
        }
    }
}

/// What a form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuietFor {
    /// A new window.
    Window,
    /// The end of one that is on.
    End {
        /// It.
        window: Box<Window>,
        /// Whose it is.
        hosts: Vec<HostId>,
    },
    /// A silence that is begun at an alert of this.
    Silence(Fits),
    /// The end of one.
    EndSilence {
        /// It.
        silence: Box<ManagerSilence>,
        /// How many others hold the alert too.
        n_others: usize,
    },
}

/// A form in front of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct QuietForm {
    /// What for.
    pub of: QuietFor,
    /// What is typed.
    pub form: Form<Word>,
    /// Why it came to nothing.
    pub problem: Option<Problem>,
    /// The request whose answer is waited for, and whether something is changed by it.
    pub waits: Option<(u64, bool)>,
}

const OPENS: &[(&str, &str)] = &[
    ("daily", "every day"),
    ("weekly", "on days of the week"),
    ("once", "one time"),
    ("cron", "when cron would"),
];
const DOES: &[(&str, &str)] = &[
    ("both", "runs may start, and alerts are silent"),
    ("runs", "runs may start; alerts stay loud"),
    ("alerts", "alerts are silent; it says nothing about runs"),
    ("freeze", "no run may start while it is on"),
];
const COVERS: &[(&str, &str)] = &[
    ("this", "this alert of this instance"),
    ("everywhere", "this alert of every instance"),
    ("instance", "all alerts of this instance"),
];
const WHY: &str = "kept in the audit log";

impl QuietForm {
    fn new(of: QuietFor, fields: Vec<Field<Word>>) -> Self {
        Self { of, form: Form::new(fields), problem: None, waits: None }
    }

    /// For a new window; `zone` is the name of the time zone here.
    pub fn window(zone: Option<&str>) -> Self {
        let mut form = Self::new(
            QuietFor::Window,
            vec![
                Field::must(Word::Name, "name", "for example night"),
                Field::choice(Word::Opens, "opens", "space or arrows choose", OPENS),
                Field::must(Word::At, "at", ""),
                Field::must(Word::Closes, "closes", "a time such as 04:00, or how long: 90m, 6h"),
                Field::choice(Word::Does, "does", "space or arrows choose", DOES),
                Field::may(Word::Whose, "for", "a group or a host; empty is all hosts"),
                Field::must(Word::Zone, "time zone", "such as America/Edmonton"),
                Field::may(Word::Why, "why", WHY),
            ],
        );
        if let Some(field) = form.field(Word::Zone) {
            field.fill(zone.unwrap_or_default());
        }
        form.hint();
        form
    }

    /// Whether leaving it loses what somebody would have to think of again: more than a reason and a length.
    pub fn is_begun(&self) -> bool {
        let typed = |field: &Field<Word>| {
            field.entry != Word::Zone
                && matches!(&field.blank, Blank::Text(input) if !input.value().is_empty())
        };
        self.of == QuietFor::Window && self.form.fields.iter().any(typed)
    }

    /// For the end of a window that is on.
    pub fn end(window: Window, hosts: Vec<HostId>) -> Self {
        let window = Box::new(window);
        let why = Field::may(Word::Why, "why", "kept with the window, and in the audit log");
        Self::new(QuietFor::End { window, hosts }, vec![why])
    }

    /// For a silence.
    pub fn silence(fits: Fits) -> Self {
        let fields = vec![
            Field::must(Word::Lasts, "for", "how long: 90m, 2h, 1d; at most 7d"),
            Field::must(Word::Why, "why", "others read it beside the alert; kept in the audit log"),
            Field::choice(Word::Covers, "covers", "space or arrows choose", COVERS),
        ];
        let mut form = Self::new(QuietFor::Silence(fits), fields);
        if let Some(field) = form.field(Word::Lasts) {
            field.fill(SILENCE_LASTS);
        }
        form
    }

    /// For the end of a silence, where so many others hold the alert too.
    pub fn end_of_silence(silence: ManagerSilence, n_others: usize) -> Self {
        let silence = Box::new(silence);
        let why = Field::may(Word::Why, "why", WHY);
        Self::new(QuietFor::EndSilence { silence, n_others }, vec![why])
    }

    fn field(&mut self, word: Word) -> Option<&mut Field<Word>> {
        self.form.fields.iter_mut().find(|field| field.entry == word)
    }

    /// Says how the start of a window is written, by what was chosen.
    pub fn hint(&mut self) {
        let hint = match self.form.value(Word::Opens) {
            "weekly" => "days and a time: sat,sun 22:00",
            "once" => "a date and a time: 2026-12-01 22:00, or now",
            "cron" => "five fields: 0 2 1-7 * *",
            _ => "a time of day: 22:00",
        };
        if let Some(field) = self.field(Word::At) {
            field.hint = hint;
        }
    }

    /// The reason that was typed.
    pub fn why(&self) -> Option<Safe> {
        self.form.said(Word::Why).map(|text| Safe::line(&text))
    }

    /// What a silence fits that was begun at an alert of this: that, or more, as it was chosen.
    pub fn covers(&self, selected: &Fits) -> Result<Fits, String> {
        let labels = || selected.labels().map(<[String]>::to_vec);
        match self.form.value(Word::Covers) {
            "everywhere" => Fits::new(selected.alert().map(Safe::as_str), None),
            "instance" => Fits::new(None, labels()),
            _ => Ok(selected.clone()),
        }
    }

    /// How long, as it was typed.
    pub fn lasts(&self) -> &str {
        self.form.value(Word::Lasts)
    }

    /// The window that was typed.
    pub fn wish(&self) -> WindowWish {
        let said = |word| self.form.said(word);
        let opens = |by| said(Word::At).filter(|_| self.form.value(Word::Opens) == by);
        // A time of day has a colon, a duration has none.
        let (to, lasts) = match said(Word::Closes) {
            Some(text) if text.contains(':') => (Some(text), None),
            other => (None, other),
        };
        let does = self.form.value(Word::Does);
        WindowWish {
            name: self.form.value(Word::Name).to_owned(),
            daily: opens("daily"),
            weekly: opens("weekly"),
            once: opens("once"),
            cron: opens("cron"),
            to,
            lasts,
            zone: said(Word::Zone),
            only: matches!(does, "runs" | "alerts").then(|| does.to_owned()),
            deny: does == "freeze",
            whom: said(Word::Whose).map_or(Whom::All, Whom::Named),
        }
    }
}
