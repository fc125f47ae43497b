//! Letters that are read from five metres: three by five points each, some wider.

/// A letter and its five lines, `#` for a point.
const LETTERS: &[(char, [&str; 5])] = &[
    ('0', ["###", "#.#", "#.#", "#.#", "###"]),
    ('1', [".#.", "##.", ".#.", ".#.", "###"]),
    ('2', ["###", "..#", "###", "#..", "###"]),
    ('3', ["###", "..#", "###", "..#", "###"]),
    ('4', ["#.#", "#.#", "###", "..#", "..#"]),
    ('5', ["###", "#..", "###", "..#", "###"]),
    ('6', ["###", "#..", "###", "#.#", "###"]),
    ('7', ["###", "..#", "..#", "..#", "..#"]),
    ('8', ["###", "#.#", "###", "#.#", "###"]),
    ('9', ["###", "#.#", "###", "..#", "###"]),
    ('A', [".#.", "#.#", "###", "#.#", "#.#"]),
    ('B', ["##.", "#.#", "##.", "#.#", "##."]),
    ('C', ["###", "#..", "#..", "#..", "###"]),
    ('D', ["##.", "#.#", "#.#", "#.#", "##."]),
    ('E', ["###", "#..", "##.", "#..", "###"]),
    ('F', ["###", "#..", "##.", "#..", "#.."]),
    ('G', ["####", "#...", "#.##", "#..#", "####"]),
    ('H', ["#.#", "#.#", "###", "#.#", "#.#"]),
    ('I', ["###", ".#.", ".#.", ".#.", "###"]),
    ('J', ["..#", "..#", "..#", "#.#", "###"]),
    ('K', ["#.#", "#.#", "##.", "#.#", "#.#"]),
    ('L', ["#..", "#..", "#..", "#..", "###"]),
    ('M', ["#...#", "##.##", "#.#.#", "#...#", "#...#"]),
    ('N', ["#..#", "##.#", "#.##", "#..#", "#..#"]),
    ('O', ["###", "#.#", "#.#", "#.#", "###"]),
    ('P', ["###", "#.#", "###", "#..", "#.."]),
    ('Q', ["###.", "#.#.", "#.#.", "###.", "..##"]),
    ('R', ["##.", "#.#", "##.", "#.#", "#.#"]),
    ('S', ["###", "#..", "###", "..#", "###"]),
    ('T', ["###", ".#.", ".#.", ".#.", ".#."]),
    ('U', ["#.#", "#.#", "#.#", "#.#", "###"]),
    ('V', ["#.#", "#.#", "#.#", "#.#", ".#."]),
    ('W', ["#...#", "#...#", "#.#.#", "##.##", "#...#"]),
    ('X', ["#.#", "#.#", ".#.", "#.#", "#.#"]),
    ('Y', ["#.#", "#.#", ".#.", ".#.", ".#."]),
    ('Z', ["###", "..#", ".#.", "#..", "###"]),
    ('-', ["...", "...", "###", "...", "..."]),
    ('_', ["...", "...", "...", "...", "###"]),
    ('.', [".", ".", ".", ".", "#"]),
    (':', [".", "#", ".", "#", "."]),
    (' ', ["..", "..", "..", "..", ".."]),
];

/// How large letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// A point is two columns by one row: five rows.
    Large,
    /// A point is one column by half a row: three rows.
    Small,
}

impl Size {
    /// Rows of a line.
    pub(super) fn rows(self) -> u16 {
        match self {
            Self::Large => 5,
            Self::Small => 3,
        }
    }
}

/// The rows of a text in this size; `None` where it has a character that cannot be drawn so. Case is lost.
pub(super) fn rows(text: &str, size: Size) -> Option<Vec<String>> {
    let mut lines: [String; 5] = std::array::from_fn(|_| String::new());
    for (at, c) in text.chars().enumerate() {
        let (_, points) = LETTERS.iter().find(|(known, _)| *known == c.to_ascii_uppercase())?;
        for (line, row) in lines.iter_mut().zip(points) {
            if at > 0 {
                line.push('.');
            }
            line.push_str(row);
        }
    }
    Some(match size {
        Size::Large => {
            let point = |c: char| if c == '#' { "██" } else { "  " };
            lines.iter().map(|line| line.chars().map(point).collect()).collect()
        }
        Size::Small => lines.chunks(2).map(|pair| half(pair.first(), pair.get(1))).collect(),
    })
}

/// Two lines of points as one row.
fn half(above: Option<&String>, below: Option<&String>) -> String {
    let points = |line: Option<&String>| line.cloned().unwrap_or_default().into_bytes();
    let (above, below) = (points(above), points(below));
    let point = |line: &[u8], at: usize| line.get(at) == Some(&b'#');
    let sign = |at: usize| match (point(&above, at), point(&below, at)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    (0..above.len()).map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_whole_and_stand_in_rows_of_one_width() {
        for (c, points) in LETTERS {
            let w = points[0].len();
            assert!(points.iter().all(|row| row.len() == w), "{c}");
        }
        let rows = rows("1 Down", Size::Small).unwrap();
        let picture =
            ["▄█     █▀▄ █▀█ █   █ █▄ █", " █     █ █ █ █ █▄▀▄█ █ ▀█", "▀▀▀    ▀▀  ▀▀▀ ▀   ▀ ▀  ▀"];
        assert_eq!(rows, picture, "{}", rows.join("\n"));
        let large = super::rows("12:05", Size::Large).unwrap();
        assert_eq!((large.len(), large[0].chars().count()), (5, 34));
        assert_eq!(super::rows("東", Size::Small), None);
    }
}
