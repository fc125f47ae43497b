//! Making secrets: pure over random bytes that are given.

use serde::{Deserialize, Serialize};

use super::Secret;

/// Characters that a generated secret is made of. None of them has a meaning in `.env`, in a shell, in a URL or in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alphabet {
    /// `A-Z a-z 0-9`.
    Alphanumeric,
    /// `0-9 a-f`.
    Hexadecimal,
}

impl Alphabet {
    /// Its characters.
    pub fn characters(self) -> &'static str {
        match self {
            Self::Alphanumeric => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            Self::Hexadecimal => "0123456789abcdef",
        }
    }
}

/// What a generated secret looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recipe {
    /// Characters.
    pub length: u16,
    /// Which.
    pub alphabet: Alphabet,
}

impl Recipe {
    /// A recipe.
    pub const fn new(length: u16, alphabet: Alphabet) -> Self {
        Self { length, alphabet }
    }

    /// How many random bytes [`generate`] should be given: so many that running short is as unlikely as guessing.
    pub fn bytes(self) -> usize {
        usize::from(self.length) * 4 + 64
    }
}

/// Makes a secret of random bytes; `None` where they run short, which [`Recipe::bytes`] of them never do in practice.
///
/// Every character is as likely as every other: bytes beyond the last whole multiple of the alphabet are passed over.
pub fn generate(recipe: Recipe, random: &[u8]) -> Option<Secret> {
    let characters = recipe.alphabet.characters().as_bytes();
    let n = u8::try_from(characters.len()).ok()?;
    let fair = 256 / u16::from(n) * u16::from(n);
    let length = usize::from(recipe.length);
    let mut value = String::with_capacity(length);
    for byte in random.iter().filter(|b| u16::from(**b) < fair).take(length) {
        value.push(char::from(*characters.get(usize::from(byte % n))?));
    }
    (value.len() == length).then(|| Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dotenv;
    use proptest::prelude::*;

    #[test]
    fn every_character_is_as_likely_as_every_other() {
        let all: Vec<u8> = (0..=255).collect();
        for (alphabet, each) in [(Alphabet::Alphanumeric, 4), (Alphabet::Hexadecimal, 16)] {
            let length = alphabet.characters().len() as u16 * each;
            let made = generate(Recipe::new(length, alphabet), &all).unwrap();
            for c in alphabet.characters().chars() {
                assert_eq!(made.expose().matches(c).count(), usize::from(each), "{c}");
            }
        }
    }

    #[test]
    fn too_little_chance_makes_no_secret() {
        let recipe = Recipe::new(8, Alphabet::Alphanumeric);
        assert!(generate(recipe, &[255; 100]).is_none());
        assert!(generate(recipe, &[1; 7]).is_none());
    }

    proptest! {
        #[test]
        fn a_secret_stands_bare_in_a_settings_file(
            random in proptest::collection::vec(any::<u8>(), 400), length in 1u16..64,
        ) {
            for alphabet in [Alphabet::Alphanumeric, Alphabet::Hexadecimal] {
                let made = generate(Recipe::new(length, alphabet), &random).unwrap();
                prop_assert_eq!(made.expose().len(), usize::from(length));
                prop_assert_eq!(dotenv::encode(made.expose()).unwrap(), made.expose());
            }
        }
    }
}
