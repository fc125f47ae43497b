//! The colour of a fleet (`bunker_accent`), so that production is not mistaken for a test.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::InvalidName;

/// A colour, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Accent {
    /// Red, green and blue.
    pub rgb: (u8, u8, u8),
}

/// The names that stand for a colour.
const NAMES: [(&str, (u8, u8, u8)); 8] = [
    ("red", (0xb4, 0x23, 0x2f)),
    ("orange", (0xc2, 0x5c, 0x00)),
    ("yellow", (0xd8, 0xb0, 0x00)),
    ("green", (0x1f, 0x7a, 0x43)),
    ("blue", (0x1f, 0x5f, 0xbf)),
    ("violet", (0x70, 0x3d, 0xb0)),
    ("pink", (0xb8, 0x33, 0x7d)),
    ("grey", (0x5a, 0x64, 0x70)),
];

impl FromStr for Accent {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((_, rgb)) = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Ok(Self { rgb: *rgb });
        }
        let byte = |at: usize| {
            let digits = text.strip_prefix('#').filter(|d| d.len() == 6)?.get(at..at + 2)?;
            u8::from_str_radix(digits, 16).ok()
        };
        if let (Some(r), Some(g), Some(b)) = (byte(0), byte(2), byte(4)) {
            return Ok(Self { rgb: (r, g, b) });
        }
        let rule = "use red, orange, yellow, green, blue, violet, pink, grey or \"#rrggbb\"";
        Err(InvalidName::new("colour", text, rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_a_name_or_six_digits() {
        assert_eq!("Red".parse(), Ok(Accent { rgb: (0xb4, 0x23, 0x2f) }));
        assert_eq!("#0a1b2c".parse(), Ok(Accent { rgb: (10, 27, 44) }));
        for text in ["", "crimson", "#12345", "0a1b2c", "#gggggg", "#é0a1b"] {
            assert!(text.parse::<Accent>().is_err(), "{text}");
        }
    }
}
