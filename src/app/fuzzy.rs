//! How well some letters fit a text: for the palette.

/// A score, higher is better; `None` where the letters do not occur in this order.
pub fn score(letters: &str, text: &str) -> Option<i32> {
    let mut wanted = letters.chars().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace());
    let mut next = wanted.next();
    let (mut total, mut run, mut before) = (0i32, 0i32, ' ');
    for (at, c) in text.chars().flat_map(char::to_lowercase).enumerate() {
        if Some(c) == next {
            let starts_word = !before.is_alphanumeric();
            run += 1;
            total += run * 2 + if starts_word { 6 } else { 0 } + if at == 0 { 4 } else { 0 };
            next = wanted.next();
        } else {
            run = 0;
        }
        before = c;
    }
    let length = i32::try_from(text.len()).unwrap_or(i32::MAX) / 8;
    next.is_none().then(|| total.saturating_sub(length))
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn letters_in_order_fit_and_starts_of_words_fit_better() {
        assert_eq!(score("xq", "edmonton"), None);
        assert!(score("", "anything").is_some());
        assert!(score("rd", "red-deer") > score("rd", "girder"));
        assert!(score("red", "red-deer") > score("red", "reordered"));
    }
}
