//! Widths and cuts of text, in columns of a terminal.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The text in at most `max` columns; a cut is shown by `…`.
pub(super) fn cut(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let w = width(grapheme);
        if used + w + 1 > max {
            break;
        }
        kept.push_str(grapheme);
        used += w;
    }
    if max > 0 {
        kept.push('…');
    }
    kept
}

/// A number of things in words: `1 target`, `3 targets`.
pub(super) fn several(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// The text in lines of at most `max` columns, broken between words where possible and in a word that is longer than a line,
/// at most `n_lines`; the last one is cut.
pub(super) fn wrap(text: &str, max: usize, n_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    if max == 0 || n_lines == 0 {
        return lines;
    }
    let pieces: Vec<(bool, String)> =
        text.split_whitespace().flat_map(|word| chunks(word, max)).collect();
    for (at, (begins, piece)) in pieces.iter().enumerate() {
        let gap = usize::from(*begins && !line.is_empty());
        if width(&line) + gap + width(piece) > max && !line.is_empty() {
            if lines.len() + 1 == n_lines {
                for (begins, piece) in pieces.iter().skip(at) {
                    append(&mut line, *begins, piece);
                }
                lines.push(cut(&line, max));
                return lines;
            }
            lines.push(std::mem::take(&mut line));
        }
        append(&mut line, *begins, piece);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

fn append(line: &mut String, begins: bool, piece: &str) {
    if begins && !line.is_empty() {
        line.push(' ');
    }
    line.push_str(piece);
}

/// A word in parts that have room in a line each, and whether a part begins it.
fn chunks(word: &str, max: usize) -> Vec<(bool, String)> {
    let mut parts: Vec<(bool, String)> = Vec::new();
    for grapheme in word.graphemes(true) {
        match parts.last_mut() {
            Some((_, part)) if width(part) + width(grapheme) <= max => part.push_str(grapheme),
            _ => parts.push((parts.is_empty(), cut(grapheme, max))),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_count_columns_not_bytes() {
        assert_eq!(cut("edmonton", 8), "edmonton");
        assert_eq!(cut("edmonton", 5), "edmo…");
        assert_eq!(cut("東京都", 5), "東京…");
        assert_eq!(cut("東京都", 4), "東…");
        assert_eq!(cut("x", 0), "");
        assert_eq!(cut("xy", 1), "…");
        assert_eq!(wrap("one two three four", 8, 2), ["one two", "three f…"]);
        assert_eq!(wrap("", 8, 2), Vec::<String>::new());
        assert_eq!(wrap("abcdefghij", 4, 3), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("abcdefghij kl", 4, 2), ["abcd", "efg…"]);
        assert_eq!(wrap("at abcdefghij kl", 6, 5), ["at", "abcdef", "ghij", "kl"]);
        assert_eq!(wrap("東京都庁 x", 5, 5), ["東京", "都庁", "x"]);
        assert_eq!(wrap("東", 1, 2), ["…"]);
    }
}
