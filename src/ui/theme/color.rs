//! Colours, and what is left of them on terminals that have few.

use ratatui::style::{Color, Modifier, Style};

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// None: `NO_COLOR`, `TERM=dumb`.
    Mono,
    /// The sixteen of the terminal's own palette.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// All.
    True,
}

/// A colour as a theme names it: exact, and the nearest by name for sixteen colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paint {
    pub(super) rgb: (u8, u8, u8),
    pub(super) ansi: Color,
}

impl Paint {
    /// What a terminal of this depth can show of it; `None` leaves the terminal's own.
    pub(super) fn at(self, depth: Depth) -> Option<Color> {
        let (r, g, b) = self.rgb;
        match depth {
            Depth::Mono => None,
            Depth::Ansi16 => Some(self.ansi),
            Depth::Ansi256 => Some(Color::Indexed(nearest_256(r, g, b))),
            Depth::True => Some(Color::Rgb(r, g, b)),
        }
    }
}

/// `#rrggbb`.
pub(super) fn parse_hex(text: &str) -> Option<(u8, u8, u8)> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii())?;
    let byte = |at: usize| digits.get(at..at + 2).and_then(|d| u8::from_str_radix(d, 16).ok());
    Some((byte(0)?, byte(2)?, byte(4)?))
}

/// One of the sixteen names, or `default`.
pub(super) fn parse_ansi(text: &str) -> Option<Color> {
    Some(match text {
        "default" => Color::Reset,
        "black" => Color::Black,
        "red" => Color::Red,
        "green" => Color::Green,
        "yellow" => Color::Yellow,
        "blue" => Color::Blue,
        "magenta" => Color::Magenta,
        "cyan" => Color::Cyan,
        "grey" => Color::Gray,
        "dark-grey" => Color::DarkGray,
        "bright-red" => Color::LightRed,
        "bright-green" => Color::LightGreen,
        "bright-yellow" => Color::LightYellow,
        "bright-blue" => Color::LightBlue,
        "bright-magenta" => Color::LightMagenta,
        "bright-cyan" => Color::LightCyan,
        "white" => Color::White,
        _ => return None,
    })
}

/// The nearest of xterm's 6x6x6 cube and its greys.
fn nearest_256(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |v: u8| (0u8..).zip(STEPS).min_by_key(|(_, s)| v.abs_diff(*s)).unwrap_or((0, 0));
    let ((ri, rv), (gi, gv), (bi, bv)) = (step(r), step(g), step(b));
    let far = |x: u8, y: u8, z: u8| {
        let d = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        d(r, x) + d(g, y) + d(b, z)
    };
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let grey_idx = u8::try_from((mean.saturating_sub(3) / 10).min(23)).unwrap_or(23);
    let grey = 8 + 10 * grey_idx;
    if far(grey, grey, grey) < far(rv, gv, bv) {
        232 + grey_idx
    } else {
        16 + 36 * ri + 6 * gi + bi
    }
}

/// The nearest of the sixteen, as most terminals show them.
fn nearest_16(r: u8, g: u8, b: u8) -> Color {
    const SIXTEEN: [(Color, (u8, u8, u8)); 14] = [
        (Color::Black, (0, 0, 0)),
        (Color::Red, (170, 0, 0)),
        (Color::Green, (0, 150, 0)),
        (Color::Yellow, (170, 110, 0)),
        (Color::Blue, (0, 60, 190)),
        (Color::Magenta, (150, 0, 150)),
        (Color::Cyan, (0, 150, 150)),
        (Color::Gray, (170, 170, 170)),
        (Color::DarkGray, (90, 90, 90)),
        (Color::LightRed, (255, 90, 90)),
        (Color::LightGreen, (90, 255, 90)),
        (Color::LightYellow, (255, 230, 90)),
        (Color::LightMagenta, (255, 90, 255)),
        (Color::White, (255, 255, 255)),
    ];
    let far = |(x, y, z): (u8, u8, u8)| {
        let d = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        d(r, x) + d(g, y) + d(b, z)
    };
    SIXTEEN.into_iter().min_by_key(|(_, rgb)| far(*rgb)).map_or(Color::Blue, |(color, _)| color)
}

/// The look of a line in a colour of the fleet's own: black or white on it, whichever can be read better; changed over
/// where there are no colours.
pub(super) fn line_in((r, g, b): (u8, u8, u8), depth: Depth) -> Style {
    let light = contrast((r, g, b), (0, 0, 0)) > contrast((r, g, b), (255, 255, 255));
    let (rgb_ink, ansi_ink) = if light {
        (Color::Rgb(0, 0, 0), Color::Black)
    } else {
        (Color::Rgb(255, 255, 255), Color::White)
    };
    match depth {
        Depth::Mono => Style::new().add_modifier(Modifier::REVERSED),
        Depth::Ansi16 => Style::new().bg(nearest_16(r, g, b)).fg(ansi_ink),
        Depth::Ansi256 => {
            let ink = if light { 16 } else { 231 };
            Style::new().bg(Color::Indexed(nearest_256(r, g, b))).fg(Color::Indexed(ink))
        }
        Depth::True => Style::new().bg(Color::Rgb(r, g, b)).fg(rgb_ink),
    }
}

/// Contrast of two colours as WCAG 2 counts it, 1 to 21.
pub(super) fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
    let linear = |v: u8| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    let luminance =
        |(r, g, b): (u8, u8, u8)| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (x, y) = (luminance(a), luminance(b));
    (x.max(y) + 0.05) / (x.min(y) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_brought_down() {
        assert_eq!(parse_hex("#0a1b2c"), Some((10, 27, 44)));
        assert_eq!(parse_hex("#0a1b2"), None);
        assert_eq!(parse_hex("#é0a1b"), None);
        assert_eq!(nearest_256(255, 0, 0), 196);
        assert_eq!(nearest_256(18, 18, 18), 233);
        assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 0.01);
    }
}
