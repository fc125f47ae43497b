//! Answers of the terminal among the keys: what it says of its background (OSC 11).
//!
//! The terminal is asked after the first frame and nothing waits for it. Its answer comes among the keys, late or in
//! pieces on a slow line; however it comes, none of it is taken for keys.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// The question what the background is.
pub(super) const ASK: &str = "\u{1b}]11;?\u{1b}\\";

/// An answer that comes later than this changes nothing any more.
const LATE: Duration = Duration::from_secs(3);
/// Pieces of an answer follow one another at least this soon.
const GAP: Duration = Duration::from_millis(500);
/// The longest answer.
const MOST: usize = 64;

/// What an event was.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    /// Something of a person.
    Person(Event),
    /// A part of an answer.
    Part,
    /// The background, red, green and blue.
    Ground((u8, u8, u8)),
}

/// Finds answers among events.
#[derive(Debug, Default)]
pub(super) struct Replies {
    asked: Option<Instant>,
    /// What was heard of an answer that has not ended, and when.
    open: Option<(String, Instant)>,
    /// An escape that may be the beginning of an answer that came in pieces.
    escape: Option<Instant>,
}

impl Replies {
    /// The terminal was asked now.
    pub(super) fn asked(&mut self, now: Instant) {
        self.asked = Some(now);
    }

    fn waits(&self, now: Instant) -> bool {
        self.asked.is_some_and(|at| now.duration_since(at) < LATE)
    }

    /// Says what an event was.
    pub(super) fn hear(&mut self, event: Event, now: Instant) -> Heard {
        let Event::Key(key) = &event else { return self.person(event, now) };
        if let Some((heard, at)) = self.open.take()
            && now.duration_since(at) < GAP
        {
            return self.go_on(heard, key, now);
        }
        let begins = key.code == KeyCode::Char(']');
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let after_escape = self.escape.is_some_and(|at| now.duration_since(at) < GAP);
        if begins && (alt || after_escape) && self.asked.is_some() {
            self.escape = None;
            self.open = Some((String::new(), now));
            return Heard::Part;
        }
        self.person(event, now)
    }

    /// An event of a person; an escape is remembered, since an answer may begin with it.
    fn person(&mut self, event: Event, now: Instant) -> Heard {
        let escape = matches!(&event, Event::Key(key) if key.code == KeyCode::Esc);
        self.escape = escape.then_some(now);
        Heard::Person(event)
    }

    fn go_on(&mut self, mut heard: String, key: &KeyEvent, now: Instant) -> Heard {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let mut ends = false;
        if let KeyCode::Char(c) = key.code {
            // BEL comes as C-g, and the end of a string as Alt and a backslash.
            ends = c == '\\' || (ctrl && c == 'g');
            if !ends {
                heard.push(c);
            }
        }
        if ends {
            return match ground(&heard).filter(|_| self.waits(now)) {
                Some(rgb) => Heard::Ground(rgb),
                None => Heard::Part,
            };
        }
        if heard.len() < MOST {
            self.open = Some((heard, now));
        }
        Heard::Part
    }
}

/// `11;rgb:RRRR/GGGG/BBBB`, each of one to four digits.
fn ground(answer: &str) -> Option<(u8, u8, u8)> {
    let rgb = answer.strip_prefix("11;")?;
    let rgb = rgb.strip_prefix("rgb:").or_else(|| rgb.strip_prefix("rgba:"))?;
    let mut parts = rgb.split('/').map(|digits| {
        let most = 16u32.checked_pow(u32::try_from(digits.len()).ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        u8::try_from(value.checked_mul(255)?.checked_div(most)?).ok()
    });
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// Whether a background is light.
pub(super) fn is_light((r, g, b): (u8, u8, u8)) -> bool {
    let seen = 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
    seen > 140.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
    }

    /// As the terminal library gives `ESC ] 11;rgb:... ESC \`.
    fn answer() -> Vec<Event> {
        let mut events = vec![key(']', KeyModifiers::ALT)];
        events.extend("11;rgb:fdfd/f6f6/e3e3".chars().map(|c| key(c, KeyModifiers::NONE)));
        events.push(key('\\', KeyModifiers::ALT));
        events
    }

    #[test]
    fn an_answer_is_understood_and_none_of_it_is_a_key() {
        let now = Instant::now();
        let mut replies = Replies::default();
        replies.asked(now);
        let heard: Vec<Heard> = answer().into_iter().map(|e| replies.hear(e, now)).collect();
        let (last, before) = heard.split_last().unwrap();
        assert!(before.iter().all(|heard| *heard == Heard::Part), "{before:?}");
        assert_eq!(*last, Heard::Ground((0xfd, 0xf6, 0xe3)));
        assert!(is_light((0xfd, 0xf6, 0xe3)) && !is_light((0x28, 0x28, 0x28)));
        // The next key is a person's.
        assert!(matches!(replies.hear(key('b', KeyModifiers::NONE), now), Heard::Person(_)));
    }

    #[test]
    fn an_answer_in_pieces_or_too_late_is_no_key_either() {
        let now = Instant::now();
        let mut replies = Replies::default();
        replies.asked(now);
        let escape = Event::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
        assert!(matches!(replies.hear(escape, now), Heard::Person(_)));
        let late = now + Duration::from_millis(90);
        assert_eq!(replies.hear(key(']', KeyModifiers::NONE), late), Heard::Part);
        assert_eq!(replies.hear(key('b', KeyModifiers::NONE), late), Heard::Part);
        assert_eq!(replies.hear(key('g', KeyModifiers::CONTROL), late), Heard::Part);
        let far = now + Duration::from_mins(1);
        let heard: Vec<Heard> = answer().into_iter().map(|e| replies.hear(e, far)).collect();
        assert!(heard.iter().all(|heard| *heard == Heard::Part), "{heard:?}");
    }

    #[test]
    fn what_was_not_asked_for_is_a_persons() {
        let now = Instant::now();
        let mut replies = Replies::default();
        for event in answer() {
            assert_eq!(replies.hear(event.clone(), now), Heard::Person(event));
        }
        for text in
            ["", "11;", "11;rgb:1/2", "11;rgb:zz/00/00", "10;rgb:1/1/1", "11;rgb:12345678901/0/0"]
        {
            assert_eq!(ground(text), None, "{text}");
        }
        assert_eq!(ground("11;rgb:f/0/8"), Some((255, 0, 136)));
    }
}
