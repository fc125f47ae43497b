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
        let sign = SIGNS.iter().find(|(from, _)| *from == symbol).map_or("?", |(_, to)| to);
        cell.set_symbol(sign);
    }
}
