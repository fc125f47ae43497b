//! Printing: data to standard output, and quiet when nobody reads it any more.

use std::io::{ErrorKind, Write};

use color_eyre::eyre::WrapErr;
use serde::Serialize;

use super::exit::Trouble;

/// Prints text on standard output. A closed pipe is no error.
pub(super) fn print(text: &str) -> Result<(), Trouble> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        ended => Ok(ended.wrap_err("printing to standard output")?),
    }
}

/// Prints a value as indented JSON.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Trouble> {
    let text = serde_json::to_string_pretty(value).wrap_err("writing JSON")?;
    print(&format!("{text}\n"))
}

/// Rows as aligned columns, two blanks between them; the last column is not padded.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    let width = |text: &str| unicode_width::UnicodeWidthStr::width(text);
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            match widths.get_mut(at) {
                Some(most) => *most = width(cell).max(*most),
                None => widths.push(width(cell)),
            }
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            line.push_str(cell);
            if at + 1 < row.len() {
                let most = widths.get(at).copied().unwrap_or_default();
                line.extend(std::iter::repeat_n(' ', most.saturating_sub(width(cell)) + 2));
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Whether the locale's encoding is UTF-8.
pub(super) fn speaks_utf8() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text =
            columns(&[row(["HOST", "AT", "X"]), row(["東京", "1", ""]), row(["a", "", "y"])]);
        assert_eq!(text, "HOST  AT  X\n東京  1\na         y\n");
    }
}
