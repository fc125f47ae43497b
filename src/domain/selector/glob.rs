//! Globs in names: `*`, `?`, `[abc]`, `[a-c]`, `[!abc]`.

/// A glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Glob(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Char(char),
    Set { not: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    /// `None` where a bracket is not closed or empty.
    pub(in crate::domain) fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '*' => Piece::Any,
                '?' => Piece::One,
                '[' => {
                    let not = chars.next_if(|c| matches!(c, '!' | '^')).is_some();
                    let mut ranges = Vec::new();
                    loop {
                        let from = chars.next()?;
                        if from == ']' {
                            break;
                        }
                        let to = match chars.next_if_eq(&'-') {
                            Some(_) => chars.next_if(|c| *c != ']')?,
                            None => from,
                        };
                        ranges.push((from, to));
                    }
                    if ranges.is_empty() {
                        return None;
                    }
                    Piece::Set { not, ranges }
                }
                c => Piece::Char(c),
            });
        }
        Some(Self(pieces))
    }

    /// Whether it matches the whole of `name`; never slower than their lengths multiplied.
    pub(in crate::domain) fn matches(&self, name: &str) -> bool {
        let mut reach = vec![true];
        reach.extend(self.0.iter().map(|_| false));
        open_stars(&self.0, &mut reach);
        for c in name.chars() {
            let mut next = vec![false; reach.len()];
            for (at, piece) in self.0.iter().enumerate() {
                if reach.get(at) != Some(&true) {
                    continue;
                }
                let to = if *piece == Piece::Any { at } else { at + 1 };
                if piece.takes(c)
                    && let Some(slot) = next.get_mut(to)
                {
                    *slot = true;
                }
            }
            open_stars(&self.0, &mut next);
            reach = next;
        }
        reach.last() == Some(&true)
    }
}

/// A star also stands for nothing.
fn open_stars(pieces: &[Piece], reach: &mut [bool]) {
    for (at, piece) in pieces.iter().enumerate() {
        if *piece == Piece::Any
            && reach.get(at) == Some(&true)
            && let Some(slot) = reach.get_mut(at + 1)
        {
            *slot = true;
        }
    }
}

impl Piece {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Char(own) => *own == c,
            Self::Set { not, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *not
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (glob, name, want) in [
            ("web*", "web01", true),
            ("web*", "aweb01", false),
            ("*", "", true),
            ("*prod", "edmonton-prod", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("web?", "web1", true),
            ("web?", "web12", false),
            ("web[12]", "web2", true),
            ("web[1-3]x", "web3x", true),
            ("web[!1]", "web1", false),
            ("web.", "webx", false),
        ] {
            assert_eq!(Glob::parse(glob).unwrap().matches(name), want, "{glob} {name}");
        }
        assert_eq!(Glob::parse("web[12"), None);
        assert_eq!(Glob::parse("web[]"), None);
        let long = Glob::parse(&"a*".repeat(200)).unwrap();
        assert!(!long.matches(&"a".repeat(199)));
    }
}
