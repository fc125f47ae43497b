//! The terminal's clipboard (OSC 52): only for command lines that we built of validated names.

use std::io::{self, Write};

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes of a text that terminals take at least.
const MOST: usize = 50_000;

/// What stands between us and the terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Multiplexer {
    /// Nothing.
    #[default]
    None,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// Asks the terminal to keep the text. Terminals that do not know how ignore it. Nothing is sent of a text that holds
/// more than a terminal takes, or a control character.
pub(super) fn copy(out: &mut impl Write, text: &str, within: Multiplexer) -> io::Result<()> {
    if text.len() > MOST || text.chars().any(char::is_control) {
        return Err(io::Error::other("the text is too long or is no single line"));
    }
    out.write_all(sequence(text, within).as_bytes())?;
    out.flush()
}

fn sequence(text: &str, within: Multiplexer) -> String {
    let plain = format!("\u{1b}]52;c;{}\u{7}", base64(text.as_bytes()));
    match within {
        Multiplexer::None => plain,
        // tmux takes it itself (`set-clipboard on`) or hands it on (`allow-passthrough on`): whichever is set does.
        Multiplexer::Tmux => {
            format!("{plain}\u{1b}Ptmux;{}\u{1b}\\", plain.replace('\u{1b}', "\u{1b}\u{1b}"))
        }
        Multiplexer::Screen => format!("\u{1b}P{plain}\u{1b}\\"),
    }
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for piece in bytes.chunks(3) {
        let at = |i: usize| u32::from(piece.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let digit = (word >> (18 - 6 * i)) & 63;
            let shown = i <= piece.len();
            let c = DIGITS.get(digit as usize).filter(|_| shown).copied().unwrap_or(b'=');
            text.push(char::from(c));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiplexer_hands_the_text_on() {
        assert_eq!(sequence("a", Multiplexer::None), "\u{1b}]52;c;YQ==\u{7}");
        let tmux = "\u{1b}]52;c;YQ==\u{7}\u{1b}Ptmux;\u{1b}\u{1b}]52;c;YQ==\u{7}\u{1b}\\";
        assert_eq!(sequence("a", Multiplexer::Tmux), tmux);
        assert_eq!(sequence("a", Multiplexer::Screen), "\u{1b}P\u{1b}]52;c;YQ==\u{7}\u{1b}\\");
        let mut out = Vec::new();
        assert!(copy(&mut out, "a\nb", Multiplexer::None).is_err() && out.is_empty());
        assert!(copy(&mut out, &"x".repeat(60_000), Multiplexer::Tmux).is_err() && out.is_empty());
    }

    #[test]
    fn text_is_encoded_as_rfc_4648_says() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
