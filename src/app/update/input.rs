//! Keys that edit a line of text.

use tui_input::{Input, InputRequest};

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

/// Puts pasted text at the caret, on one line.
pub(super) fn paste(input: &mut Input, text: &str) {
    let room = MAX_CHARS.saturating_sub(input.value().chars().count());
    for c in text.chars().filter(|c| !c.is_control()).take(room) {
        input.handle(InputRequest::InsertChar(c));
    }
}
