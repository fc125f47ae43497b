//! The name of a service of a compose file.

use super::ids::InvalidName;
use super::text_type::text_type;

text_type!(
    /// A service of a compose file: 1 to 64 characters of `[A-Za-z0-9_.-]`, the first a letter or digit.
    ServiceName
);

impl std::str::FromStr for ServiceName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let first_ok = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if first_ok && text.len() <= 64 && text.chars().all(plain) {
            Ok(Self(text.into()))
        } else {
            let rule =
                "use 1 to 64 letters, digits, `_`, `-` or `.`, starting with a letter or digit";
            Err(InvalidName::new("service", text, rule))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_can_be_no_option_and_no_word_of_a_shell() {
        for bad in ["", "-f", "a b", "a;b", "$(id)", "../x", "é", "_a"] {
            assert!(bad.parse::<ServiceName>().is_err(), "{bad:?}");
        }
        assert_eq!("api-2.x_y".parse::<ServiceName>().unwrap().as_str(), "api-2.x_y");
    }
}
