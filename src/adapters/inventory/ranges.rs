//! Ranges in host names: `web[01:03]`, `db-[a:c]`, `n[1:9:2]`.

/// How many hosts one entry may stand for.
const MAX_HOSTS: usize = 10_000;

/// All names that an entry stands for; `Err` says what is wrong with it.
pub(super) fn expand(pattern: &str) -> Result<Vec<String>, String> {
    let Some((head, rest)) = pattern.split_once('[') else {
        return Ok(vec![pattern.to_owned()]);
    };
    let Some((range, tail)) = rest.split_once(']') else {
        return Err("a bracket is not closed".to_owned());
    };
    let middles = members(range)?;
    let tails = expand(tail)?;
    if middles.len().saturating_mul(tails.len()) > MAX_HOSTS {
        return Err(format!("it stands for more than {MAX_HOSTS} hosts"));
    }
    let join = |middle: &String| {
        let names: Vec<String> = tails.iter().map(|t| format!("{head}{middle}{t}")).collect();
        names
    };
    Ok(middles.iter().flat_map(join).collect())
}

fn members(range: &str) -> Result<Vec<String>, String> {
    let parts: Vec<&str> = range.split(':').collect();
    let (first, last, step) = match parts.as_slice() {
        [first, last] => (*first, *last, 1),
        [first, last, step] => {
            let step = step.parse::<usize>().ok().filter(|s| *s > 0);
            (*first, *last, step.ok_or("its step is no number above 0")?)
        }
        _ => return Err("a range is written as [first:last] or [first:last:step]".to_owned()),
    };
    let first = if first.is_empty() { "0" } else { first };
    if let (Some(a), Some(b)) = (letter(first), letter(last)) {
        let letters = ('a'..='z').chain('A'..='Z').skip_while(|c| *c != a);
        let n = letters.clone().position(|c| c == b).map_or(0, |at| at + 1);
        return full(letters.take(n).step_by(step).map(String::from).collect());
    }
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty();
    if !digits(first) || !digits(last) {
        return Err("its ends are neither two numbers nor two letters".to_owned());
    }
    let padded = first.len() > 1 && first.starts_with('0');
    if padded && first.len() != last.len() {
        return Err("its ends have different numbers of digits".to_owned());
    }
    let (Ok(a), Ok(b)) = (first.parse::<u64>(), last.parse::<u64>()) else {
        return Err("its ends are too large".to_owned());
    };
    if b.saturating_sub(a) / step as u64 >= MAX_HOSTS as u64 {
        return Err(format!("it stands for more than {MAX_HOSTS} hosts"));
    }
    let width = if padded { first.len() } else { 0 };
    full((a..=b).step_by(step).map(|n| format!("{n:0width$}")).collect())
}

fn full(names: Vec<String>) -> Result<Vec<String>, String> {
    if names.is_empty() { Err("its first end is after its last".to_owned()) } else { Ok(names) }
}

fn letter(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let one = chars.next().filter(char::is_ascii_alphabetic)?;
    chars.next().is_none().then_some(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_expanded_as_ansible_does() {
        for (pattern, want) in [
            ("web", "web"),
            ("web[01:03]", "web01 web02 web03"),
            ("web[8:11]", "web8 web9 web10 web11"),
            ("db-[a:c].example.org", "db-a.example.org db-b.example.org db-c.example.org"),
            ("n[1:9:4]", "n1 n5 n9"),
            ("n[y:B]", "ny nz nA nB"),
            ("n[:2]", "n0 n1 n2"),
            ("r[1:2]-n[a:b]", "r1-na r1-nb r2-na r2-nb"),
        ] {
            assert_eq!(expand(pattern).unwrap().join(" "), want, "{pattern}");
        }
    }

    #[test]
    fn wrong_ranges_are_told() {
        for (pattern, why) in [
            ("web[1:3", "not closed"),
            ("web[3:1]", "after its last"),
            ("web[A:c]", "after its last"),
            ("web[01:100]", "different numbers of digits"),
            ("web[a:3]", "neither"),
            ("web[1:3:0]", "no number above 0"),
            ("web[1]", "[first:last]"),
            ("web[0:99999999]", "more than 10000"),
            ("a[0:999]b[0:999]", "more than 10000"),
            ("a[0:99999999999999999999]", "too large"),
        ] {
            let told = expand(pattern).unwrap_err();
            assert!(told.contains(why), "{pattern}: {told}");
        }
    }
}
