//! The same screen for terminals that have ASCII only (C locale).

use ratatui::buffer::Buffer;

/// What stands for each sign that we draw.
const SIGNS: &[(&str, &str)] = &[
    ("●", "*"),
    ("▲", "!"),
    ("▼", "X"),
    ("◐", ">"),
    ("◓", ">"),
    ("◑", ">"),
    ("◒", ">"),
    ("·", "."),
    ("○", "-"),
    ("—", "-"),
    ("–", "-"),
    ("…", "~"),
    ("⋯", "~"),
    ("→", ">"),
    ("←", "<"),
    ("◆", "o"),
    ("‹", "<"),
    ("›", ">"),
    ("✓", "+"),
    ("▌", ">"),
    ("│", "|"),
    ("┃", "|"),
    ("─", "-"),
    ("━", "="),
    ("┼", "+"),
    ("╭", "+"),
    ("╮", "+"),
    ("╰", "+"),
    ("╯", "+"),
    ("▁", "_"),
    ("▂", "."),
    ("▃", "-"),
    ("▄", "="),
    ("▅", "+"),
    ("▆", "*"),
    ("▇", "%"),
    ("█", "#"),
    ("▀", "\""),
    ("▐", "<"),
    ("▛", "+"),
    ("▜", "+"),
    ("▙", "+"),
    ("▟", "+"),
    ("░", "."),
    ("↑", "^"),
    ("↓", "v"),
    ("×", "x"),
];

/// Replaces every sign that is not ASCII, cell by cell, so that nothing moves.
pub fn to_ascii(buf: &mut Buffer) {
    for cell in &mut buf.content {
        let symbol = cell.symbol();
        if symbol.is_ascii() {
            continue;
        }
        if let Some(code) = symbol.chars().next().map(u32::from).filter(|c| *c & !0xff == 0x2800) {
            // Dots of a chart: as many as there are, roughly.
            let sign = match (code & 0xff).count_ones() {
                0 => " ",
                1..=2 => ".",
                3..=5 => ":",
                _ => "#",
            };
            cell.set_symbol(sign);
            continue;
        }
        let sign = SIGNS.iter().find(|(from, _)| *from == symbol).map_or("?", |(_, to)| to);
        cell.set_symbol(sign);
    }
}
