//! Keys that edit a line of text.

use tui_input::{Input, InputRequest};

use super::super::form::{Blank, Form, Typed};
use super::super::key::{Key, KeyCode};

/// The longest text that can be typed or pasted.
const MAX_CHARS: usize = 200;

/// Edits a line; says whether the key was one that edits.
pub(super) fn edit(input: &mut Input, key: Key) -> bool {
    let request = match (key.ctrl, key.code) {
        (false, KeyCode::Char(c)) if input.value().chars().count() < MAX_CHARS => {
            InputRequest::InsertChar(c)
        }
        (false, KeyCode::Backspace) => InputRequest::DeletePrevChar,
        (false, KeyCode::Delete) => InputRequest::DeleteNextChar,
        (false, KeyCode::Left) => InputRequest::GoToPrevChar,
        (false, KeyCode::Right) => InputRequest::GoToNextChar,
        (false, KeyCode::Home) | (true, KeyCode::Char('a')) => InputRequest::GoToStart,
        (false, KeyCode::End) | (true, KeyCode::Char('e')) => InputRequest::GoToEnd,
        (true, KeyCode::Char('u')) => InputRequest::DeleteLine,
        (true, KeyCode::Char('w')) => InputRequest::DeletePrevWord,
        (true, KeyCode::Char('k')) => InputRequest::DeleteTillEnd,
        _ => return false,
    };
    input.handle(request);
    true
}

/// Edits the field of a form that has the keys; says whether something was changed.
pub(super) fn field<E: Typed>(form: &mut Form<E>, key: Key) -> bool {
    let Some(field) = form.focused() else { return false };
    let changed = match &mut field.blank {
        Blank::Text(line) => edit(line, key),
        Blank::Choice { .. } => {
            let back = key.code == KeyCode::Left;
            let turns = back || matches!(key.code, KeyCode::Right | KeyCode::Char(' '));
            if turns {
                field.turn(!back);
            }
            turns
        }
    };
    if changed {
        field.problem = None;
    }
    changed
}

/// Puts pasted text into the field of a form that has the keys.
pub(super) fn paste_field<E: Typed>(form: &mut Form<E>, text: &str) {
    if let Some(field) = form.focused()
        && let Blank::Text(line) = &mut field.blank
    {
        paste(line, text);
        field.problem = None;
    }
}

/// Puts pasted text at the caret, on one line.
pub(super) fn paste(input: &mut Input, text: &str) {
    let room = MAX_CHARS.saturating_sub(input.value().chars().count());
    for c in text.chars().filter(|c| !c.is_control()).take(room) {
        input.handle(InputRequest::InsertChar(c));
    }
}
