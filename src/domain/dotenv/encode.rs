//! Values written so that Compose reads them back as they were.

/// The right side of a line that Compose reads as exactly `value`; `None` where that cannot be written, since it
/// holds a zero byte.
///
/// A harmless value stands bare. In single quotes nothing has a meaning but the quote; in double quotes a
/// backslash stands before `\`, `"`, `$`, and line ends are written `\n` and `\r`.
pub fn encode(value: &str) -> Option<String> {
    if value.contains('\0') {
        return None;
    }
    let bare = |c: char| c.is_ascii_alphanumeric() || "_./:@%+,=-".contains(c);
    if value.chars().all(bare) {
        return Some(value.to_owned());
    }
    if !value.contains(['\'', '\n', '\r', '\\']) {
        return Some(format!("'{value}'"));
    }
    Some(format!("\"{}\"", escaped(value)))
}

/// A piece of a value as it stands between double quotes; `None` where it holds a zero byte.
///
/// For values that are put together of several pieces, each of which is written by itself.
pub fn inside_quotes(piece: &str) -> Option<String> {
    (!piece.contains('\0')).then(|| escaped(piece))
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\\' | '"' | '$' => {
                text.push('\\');
                text.push(c);
            }
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_as_far_as_they_need_it() {
        for (value, want) in [
            ("", ""),
            ("plain-1.2", "plain-1.2"),
            ("a b#c", "'a b#c'"),
            ("cost $5", "'cost $5'"),
            ("it's", "\"it's\""),
            ("a\nROOT=1", "\"a\\nROOT=1\""),
            ("a\\'$\"", "\"a\\\\'\\$\\\"\""),
        ] {
            assert_eq!(encode(value).as_deref(), Some(want), "{value:?}");
        }
        assert_eq!(encode("a\0b"), None);
    }
}
