//! What the terminal says, as messages.

use crossterm::event::{
    Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};

use crate::app::Msg;
use crate::app::key::{Key, KeyCode};
use crate::app::msg::Mouse;
use crate::domain::untrusted::Safe;

/// The message of a terminal event; `None` where it means nothing to us.
pub(super) fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => self::key(key).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(Safe::line(&text))),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::Mouse(mouse) => self::mouse(mouse).map(Msg::Mouse),
        Event::FocusGained | Event::FocusLost => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "moves and other buttons mean nothing here")]
fn mouse(event: MouseEvent) -> Option<Mouse> {
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Mouse::Click(event.column, event.row)),
        MouseEventKind::ScrollUp => Some(Mouse::Up),
        MouseEventKind::ScrollDown => Some(Mouse::Down),
        _ => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other keys mean nothing here")]
fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let code = match event.code {
        // Without a pressed Ctrl a control character has no business here.
        Code::Char(c) if !c.is_control() => {
            KeyCode::Char(if ctrl { c.to_ascii_lowercase() } else { c })
        }
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        _ => return None,
    };
    Some(Key { code, ctrl })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_translated_and_releases_are_not_presses() {
        let press = KeyEvent::new(Code::Char('C'), KeyModifiers::CONTROL);
        assert_eq!(message(Event::Key(press)), Some(Msg::Key(Key::ctrl('c'))));
        let shifted = KeyEvent::new(Code::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(message(Event::Key(shifted)), Some(Msg::Key(Key::char('G'))));
        let release =
            KeyEvent::new_with_kind(Code::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(message(Event::Key(release)), None);
        let pasted = message(Event::Paste("q\u{1b}[31mx".to_owned()));
        assert_eq!(pasted, Some(Msg::Paste(Safe::line("qx"))));
    }
}
