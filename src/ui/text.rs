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

/// The text in lines of at most `max` columns, broken between words where possible, at most `n_lines`; the last one is cut.
pub(super) fn wrap(text: &str, max: usize, n_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    if max == 0 || n_lines == 0 {
        return lines;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    for (at, word) in words.iter().enumerate() {
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) > max && !line.is_empty() {
            if lines.len() + 1 == n_lines {
                let rest = words.get(at..).unwrap_or_default().join(" ");
                lines.push(cut(&format!("{line} {rest}"), max));
                return lines;
            }
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&cut(word, max));
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
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
        assert_eq!(wrap("abcdefghij", 4, 3), ["abc…"]);
    }
}
