//! Secrets of one host that have the same value: in `.env` they are told apart by the variables, since by the value they cannot.

use super::edited::{Settings, all};
use crate::domain::secret::SecretName;
use crate::workflows::env::Desired;

/// What is known of a secret whose value is a part of another secret's, or the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The secrets that have its value.
    pub with: Vec<SecretName>,
    /// The variables that hold it: in these alone it is changed.
    pub places: Vec<String>,
    /// The variables that hold it and one of the others: which is which in them, nobody can tell.
    pub muddled: Vec<String>,
}

impl Shared {
    /// Compares what the settings are now with what they are when it alone changes, and when each of the others alone does.
    pub fn of(current: &Desired, next: &Desired, others: Vec<(SecretName, Desired)>) -> Self {
        let places = held(current, next);
        let of_others: Vec<String> =
            others.iter().flat_map(|(_, other)| held(current, other)).collect();
        let muddled = places.iter().filter(|name| of_others.contains(name)).cloned().collect();
        Self { with: others.into_iter().map(|(name, _)| name).collect(), places, muddled }
    }
}

/// The variables that are not the same in both.
pub fn held(current: &Desired, changed: &Desired) -> Vec<String> {
    let differs = |name: &str, fingerprint: &str| {
        all(changed).find(|w| w.name == name).is_none_or(|w| w.fingerprint != fingerprint)
    };
    let differing = all(current).filter(|w| differs(&w.name, &w.fingerprint));
    differing.map(|w| w.name.clone()).collect()
}

impl Settings {
    /// What is known of a secret that others have the value of.
    pub(super) fn shared(&self, name: &SecretName) -> Option<&Shared> {
        self.changed.iter().find(|c| c.name == *name)?.shared.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::rotate::edited::tests::desired;

    #[test]
    fn a_secret_is_at_home_where_the_settings_change_with_it_and_muddled_where_another_is_too() {
        let now = desired("DB=same\nREDIS=same\nURL=same:same\nRATE=30\n");
        let db = desired("DB=new\nREDIS=same\nURL=new:same\nRATE=30\n");
        let redis = desired("DB=same\nREDIS=new\nURL=same:new\nRATE=30\n");
        let name: SecretName = "vault_redis_password".parse().unwrap();
        let shared = Shared::of(&now, &db, vec![(name.clone(), redis)]);
        assert_eq!(shared.with, [name]);
        assert_eq!(shared.places, ["DB", "URL"]);
        assert_eq!(shared.muddled, ["URL"]);
    }
}
