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

    /// The same as text on these grounds: what is nearest to it and has at least this contrast to all of them there. Where
    /// nothing has, the nearest.
    pub(super) fn on(self, depth: Depth, grounds: &[Self], least: f64) -> Option<Color> {
        match depth {
            Depth::Ansi256 => {
                let grounds = grounds.iter().filter_map(|g| rgb_of(g.at(depth)?));
                let grounds: Vec<Rgb> = grounds.collect();
                let reads = |rgb: Rgb| grounds.iter().all(|g| contrast(rgb, *g) >= least);
                let (r, g, b) = self.rgb;
                let nearest = nearest_256(r, g, b);
                let all = std::iter::once(nearest).chain(16..=255);
                let read = all.map(|n| (n, rgb_of_256(n))).filter(|(_, rgb)| reads(*rgb));
                let best = read.min_by_key(|(n, rgb)| (*n != nearest, far(self.rgb, *rgb)));
                Some(Color::Indexed(best.map_or(nearest, |(n, _)| n)))
            }
            // The terminal's own colour of text goes with its own ground and not with ours.
            Depth::Ansi16 if self.ansi == Color::Reset => match grounds {
                [ground] => Some(rgb_of(ground.ansi).map_or(Color::Reset, |rgb| ink_on(rgb).1)),
                _ => Some(Color::Reset),
            },
            Depth::Mono | Depth::Ansi16 | Depth::True => self.at(depth),
        }
    }
}

/// Red, green and blue.
pub(super) type Rgb = (u8, u8, u8);

fn far(one: Rgb, other: Rgb) -> u32 {
    let apart = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    apart(one.0, other.0) + apart(one.1, other.1) + apart(one.2, other.2)
}

/// A colour as xterm shows it; `None` where the terminal decides.
pub(super) fn rgb_of(color: Color) -> Option<Rgb> {
    Some(match color {
        Color::Reset => return None,
        Color::Black => (0, 0, 0),
        Color::Red => (205, 0, 0),
        Color::Green => (0, 205, 0),
        Color::Yellow => (205, 205, 0),
        Color::Blue => (0, 0, 238),
        Color::Magenta => (205, 0, 205),
        Color::Cyan => (0, 205, 205),
        Color::Gray => (229, 229, 229),
        Color::DarkGray => (127, 127, 127),
        Color::LightRed => (255, 0, 0),
        Color::LightGreen => (0, 255, 0),
        Color::LightYellow => (255, 255, 0),
        Color::LightBlue => (92, 92, 255),
        Color::LightMagenta => (255, 0, 255),
        Color::LightCyan => (0, 255, 255),
        Color::White => (255, 255, 255),
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(n) => rgb_of_256(n),
    })
}

/// One of xterm's 6x6x6 cube and its greys; what lies below 16 is the terminal's own and never chosen.
fn rgb_of_256(n: u8) -> Rgb {
    if n >= 232 {
        let grey = 8 + 10 * (n - 232);
        return (grey, grey, grey);
    }
    let at = n.saturating_sub(16);
    let step = |of: u8| STEPS.get(usize::from(of % 6)).copied().unwrap_or(0);
    (step(at / 36), step(at / 6), step(at))
}

/// Black or white, whichever can be read better on a ground: exact, and by name.
fn ink_on(ground: Rgb) -> (Rgb, Color) {
    let (black, white) = ((0, 0, 0), (255, 255, 255));
    if contrast(ground, black) > contrast(ground, white) {
        (black, Color::Black)
    } else {
        (white, Color::White)
    }
}

const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

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
    let step = |v: u8| (0u8..).zip(STEPS).min_by_key(|(_, s)| v.abs_diff(*s)).unwrap_or((0, 0));
    let ((ri, rv), (gi, gv), (bi, bv)) = (step(r), step(g), step(b));
    let far = |x: u8, y: u8, z: u8| far((r, g, b), (x, y, z));
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
fn nearest_16(rgb: Rgb) -> (Color, Rgb) {
    const SIXTEEN: [(Color, Rgb); 14] = [
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
    let nearest = SIXTEEN.into_iter().min_by_key(|(_, own)| far(rgb, *own));
    nearest.unwrap_or((Color::Black, (0, 0, 0)))
}

/// The look of a line in a colour of the fleet's own: black or white on it, whichever can be read better; changed over
/// where there are no colours.
pub(super) fn line_in(rgb: Rgb, depth: Depth) -> Style {
    let (r, g, b) = rgb;
    match depth {
        Depth::Mono => Style::new().add_modifier(Modifier::REVERSED),
        Depth::Ansi16 => {
            let (ground, shown) = nearest_16(rgb);
            Style::new().bg(ground).fg(ink_on(shown).1)
        }
        Depth::Ansi256 => {
            let ground = nearest_256(r, g, b);
            let ink = if ink_on(rgb_of_256(ground)).1 == Color::Black { 16 } else { 231 };
            Style::new().bg(Color::Indexed(ground)).fg(Color::Indexed(ink))
        }
        Depth::True => {
            let (r, g, b) = ink_on(rgb).0;
            Style::new().bg(Color::Rgb(rgb.0, rgb.1, rgb.2)).fg(Color::Rgb(r, g, b))
        }
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
        for n in 16..=255 {
            let (r, g, b) = rgb_of_256(n);
            assert_eq!(rgb_of_256(nearest_256(r, g, b)), (r, g, b), "{n} is nearest to itself");
        }
        assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 0.01);
    }

    #[test]
    fn a_line_in_the_colour_of_a_fleet_is_read_in_every_depth() {
        let steps = [0, 40, 95, 115, 135, 150, 180, 215, 255];
        for (r, g) in steps.into_iter().flat_map(|r| steps.map(|g| (r, g))) {
            for b in steps {
                for depth in [Depth::True, Depth::Ansi256] {
                    let line = line_in((r, g, b), depth);
                    let has = contrast(
                        rgb_of(line.fg.unwrap()).unwrap(),
                        rgb_of(line.bg.unwrap()).unwrap(),
                    );
                    assert!(has >= 4.5, "{r} {g} {b} in {depth:?}: {has:.2}");
                }
            }
        }
    }
}
