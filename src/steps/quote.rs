//! Quoting for the remote shell: the only way in which a value enters a script.

/// A text as one word of POSIX sh, whatever it holds: in single quotes, where nothing is special,
/// each single quote of its own written as `'\''`.
///
/// NUL cannot stand in a script at all and is left out; no type of `domain` lets one through.
pub fn quote(text: &str) -> String {
    let mut out = String::new();
    quote_into(&mut out, &[text]);
    out
}

/// [`quote`] of a text in parts, at the end of a script: a long one is copied into its place and no further.
pub(super) fn quote_into(out: &mut String, parts: &[&str]) {
    let quotes = |part: &&str| part.bytes().filter(|byte| *byte == b'\'').count();
    out.reserve(2 + parts.iter().map(|part| part.len() + 3 * quotes(part)).sum::<usize>());
    out.push('\'');
    for part in parts {
        for (at, piece) in part.split('\'').enumerate() {
            if at > 0 {
                out.push_str("'\\''");
            }
            out.extend(piece.split('\0'));
        }
    }
    out.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_special_inside() {
        for (raw, want) in [
            ("", "''"),
            ("plain", "'plain'"),
            ("it's", r"'it'\''s'"),
            ("$(id) `id` ${x} \\ \" ; & | *", "'$(id) `id` ${x} \\ \" ; & | *'"),
            ("-rf", "'-rf'"),
            ("a\nb", "'a\nb'"),
        ] {
            assert_eq!(quote(raw), want);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_real_shell_reads_back_what_went_in(raw in "[^\0]{0,60}") {
            let script = format!("printf %s {}", quote(&raw));
            let out = std::process::Command::new("/bin/sh").arg("-c").arg(script).output().unwrap();
            prop_assert_eq!(String::from_utf8(out.stdout).unwrap(), raw);
        }
    }
}
