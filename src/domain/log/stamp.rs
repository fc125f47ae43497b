//! The time that a line brings by itself, as Docker writes it before each line of a service.

use jiff::Timestamp;

/// When the line was written, and where its text begins. Nothing where it does not begin with a whole time and a blank.
pub fn stamped(text: &str) -> Option<(Timestamp, usize)> {
    // `2026-11-22T14:32:07Z` is the shortest, nine digits of a second the longest.
    let end = text.bytes().take(40).position(|b| b == b' ')?;
    let stamp = text.get(..end).filter(|stamp| stamp.len() >= 20 && stamp.ends_with('Z'))?;
    Some((stamp.parse().ok()?, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_time_is_one() {
        let at = "2026-11-22T14:32:07.5Z".parse().unwrap();
        assert_eq!(stamped("2026-11-22T14:32:07.500000000Z GET /"), Some((at, 31)));
        assert_eq!(stamped("2026-11-22T14:32:07.5Z "), Some((at, 23)));
        for text in [
            "",
            "GET / of 2026",
            "2026-11-22T14:32:07.5Z",
            "2026-11-22 14:32:07 x",
            "26:99:99T99:99:99.999Z x",
        ] {
            assert_eq!(stamped(text), None, "{text}");
        }
    }
}
