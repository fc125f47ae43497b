//! Widths and cuts of text, in columns of a terminal.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

pub(super) use crate::domain::figure::several;

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

/// The same, but what is cut is the beginning: of a path or an address the end says more.
pub(super) fn cut_front(text: &str, max: usize) -> String {
    let whole = width(text);
    if whole <= max {
        return text.to_owned();
    }
    let mut left = whole;
    for (at, grapheme) in text.grapheme_indices(true) {
        if left < max {
            return format!("…{}", text.get(at..).unwrap_or_default());
        }
        left -= width(grapheme);
    }
    cut(text, max)
}

/// Two texts that stand side by side, in at most `max` columns each. Where both begin alike and the difference would be cut
/// away, the common beginning is.
pub(super) fn cut_alike(a: &str, b: &str, max: (usize, usize)) -> (String, String) {
    const SHOWN: usize = 8;
    let fits = width(a) <= max.0 && width(b) <= max.1;
    let alike = a.grapheme_indices(true).zip(b.graphemes(true)).take_while(|((_, a), b)| a == b);
    let alike: Vec<usize> = alike.map(|((at, _), _)| at).collect();
    let common = alike.len();
    // A little of what is common stays, so that one sees where it is.
    let from = alike.get(common.saturating_sub(SHOWN / 2)).copied().unwrap_or(0);
    if a == b || fits || common + SHOWN <= max.0.min(max.1) || from == 0 {
        return (cut(a, max.0), cut(b, max.1));
    }
    let tail = |text: &str, max| cut(&format!("…{}", text.get(from..).unwrap_or_default()), max);
    (tail(a, max.0), tail(b, max.1))
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

/// The same of a line of a file, or of a difference: the sign and the blanks before its first word stay, and blanks stand
/// before the rest of it.
pub(super) fn wrap_as_written(text: &str, max: usize, n_lines: usize) -> Vec<String> {
    let sign = usize::from(text.starts_with(['+', '-']));
    let inner = text.get(sign..).unwrap_or_default().trim_start_matches(' ');
    let before = text.strip_suffix(inner).unwrap_or_default();
    if !before.ends_with(' ') || before.len() >= max {
        return wrap(text, max, n_lines);
    }
    let mut lines = wrap(inner, max - before.len(), n_lines);
    for (n, line) in lines.iter_mut().enumerate() {
        let gap = if n == 0 { before.to_owned() } else { " ".repeat(before.len()) };
        line.insert_str(0, &gap);
    }
    lines
}

/// Texts in lines of at most `max` columns that together have `n_lines`: each has one, and what is left over goes to those that
/// need more, the first ones first, up to `each`.
pub(super) fn share<'t>(
    texts: impl ExactSizeIterator<Item = &'t str>,
    max: usize,
    n_lines: usize,
    each: usize,
) -> Vec<Vec<String>> {
    let mut spare = n_lines.saturating_sub(texts.len());
    let one = |text| {
        let lines = wrap(text, max, (1 + spare).min(each));
        spare -= lines.len().saturating_sub(1);
        lines
    };
    texts.map(one).collect()
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
        assert_eq!(cut_front("deploy@192.0.2.7:2222", 14), "…92.0.2.7:2222");
        let side = |a, b| cut_alike(a, b, (12, 12));
        let (a, b) = side("the same beginning: up", "the same beginning: down");
        assert_eq!((a.as_str(), b.as_str()), ("…ng: up", "…ng: down"));
        assert_eq!(side("a, b", "a, c"), ("a, b".to_owned(), "a, c".to_owned()));
        let same = "the same beginning and end";
        assert_eq!(side(same, same), (cut(same, 12), cut(same, 12)));
        let (a, b) = side("up since yesterday", "down since yesterday");
        assert_eq!((a.as_str(), b.as_str()), ("up since ye…", "down since …"));
        assert_eq!(wrap("one two three four", 8, 2), ["one two", "three f…"]);
        assert_eq!(wrap("", 8, 2), Vec::<String>::new());
        assert_eq!(wrap("abcdefghij", 4, 3), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("abcdefghij kl", 4, 2), ["abcd", "efg…"]);
        assert_eq!(wrap("at abcdefghij kl", 6, 5), ["at", "abcdef", "ghij", "kl"]);
        assert_eq!(wrap("東京都庁 x", 5, 5), ["東京", "都庁", "x"]);
        assert_eq!(wrap("東", 1, 2), ["…"]);
        let written = |text| wrap_as_written(text, 12, 2);
        assert_eq!(written("+  - name: a b c"), ["+  - name: a", "   b c"]);
        assert_eq!(written("+name: a"), ["+name: a"]);
        assert_eq!(written("    b"), ["    b"]);
        assert_eq!(written("one  two"), ["one two"]);
        assert_eq!(written("               b"), ["b"]);
        let shared = |n| share(["a b c", "d e", "f"].into_iter(), 2, n, 2);
        assert_eq!(shared(3), [["a…"], ["d…"], ["f"]]);
        assert_eq!(shared(4), [vec!["a", "b…"], vec!["d…"], vec!["f"]]);
        assert_eq!(shared(9), [vec!["a", "b…"], vec!["d", "e"], vec!["f"]]);
    }
}
