//! The secrets that an instance is known to have: what each is for, how it is made, how often and how it is changed.

use serde::Serialize;

use super::SecretName;
use super::generate::{Alphabet, Recipe};

/// Where a secret comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The program makes it.
    Generated(Recipe),
    /// A person, or another service, gives it. Here: where to get it.
    Given(&'static str),
}

/// How a secret is changed on a running instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// `.env` is changed and the services that read it are made anew.
    Settings,
    /// As `Settings`; then the new password must be answered with PONG and the old one refused.
    Redis,
    /// The role's password is changed in the running database, then `.env`, then what connects is made anew.
    Database,
    /// Not by `rotate-secrets`. Here: how it is done instead.
    ByHand(&'static str),
}

/// A row of the table of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Known {
    /// Name in the vault.
    pub name: &'static str,
    /// The variable of `.env` that it fills.
    pub variable: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// Days after which it should be changed; `None` where only on demand.
    pub every_days: Option<u16>,
    /// How it is changed.
    pub method: Method,
    /// Services that are made anew after a change.
    pub services: &'static [&'static str],
    /// Whether every instance needs it, an imported one too. The others belong to reporting, to publishing and to services beside
    /// the application: of those that the program makes, a new instance gets all.
    pub always: bool,
}

impl Known {
    /// The recipe, where the program makes it.
    pub fn recipe(&self) -> Option<Recipe> {
        match self.origin {
            Origin::Generated(recipe) => Some(recipe),
            Origin::Given(_) => None,
        }
    }
}

/// Days of a quarter and of a year.
const QUARTER: Option<u16> = Some(90);
const YEAR: Option<u16> = Some(365);

const fn made(length: u16, alphabet: Alphabet) -> Origin {
    Origin::Generated(Recipe::new(length, alphabet))
}

/// How a secret is changed that one of the services beside the application keeps in its own data.
const BESIDE: Method =
    Method::ByHand("change it in the service, then `bunker vault set` and `bunker configure`");
/// How one is changed that encrypts what a service keeps.
const ENCRYPTS: Method =
    Method::ByHand("what is stored with it could not be read any more: migrate it in the service");

/// A secret of a service beside the application, made for each new instance, so that none ever starts without one.
const fn beside(
    name: &'static str,
    variable: &'static str,
    purpose: &'static str,
    length: u16,
    method: Method,
    services: &'static [&'static str],
) -> Known {
    let origin = made(length, Alphabet::Alphanumeric);
    Known { name, variable, purpose, origin, every_days: None, method, services, always: false }
}

/// Every secret that is known, in the order in which they are shown.
pub const KNOWN: &[Known] = &[
    Known {
        name: "vault_jwt_secret",
        variable: "JWT_SECRET",
        purpose: "signs the tokens of a session; changing it logs everybody out",
        origin: made(64, Alphabet::Alphanumeric),
        every_days: QUARTER,
        method: Method::Settings,
        services: &["api"],
        always: true,
    },
    Known {
        name: "vault_jwt_access_secret",
        variable: "JWT_ACCESS_SECRET",
        purpose: "signs the tokens of a session; changing it logs everybody out",
        origin: made(64, Alphabet::Alphanumeric),
        every_days: QUARTER,
        method: Method::Settings,
        services: &["api"],
        always: true,
    },
    Known {
        name: "vault_jwt_refresh_secret",
        variable: "JWT_REFRESH_SECRET",
        purpose: "signs the tokens that renew a session; changing it logs everybody out",
        origin: made(64, Alphabet::Alphanumeric),
        every_days: QUARTER,
        method: Method::Settings,
        services: &["api"],
        always: true,
    },
    Known {
        name: "vault_encryption_key",
        variable: "ENCRYPTION_KEY",
        purpose: "encrypts settings in the database",
        origin: made(64, Alphabet::Hexadecimal),
        every_days: None,
        method: Method::ByHand(
            "what is stored with it could not be read any more: migrate it in the application",
        ),
        services: &["api"],
        always: true,
    },
    Known {
        name: "vault_postgres_password",
        variable: "POSTGRES_PASSWORD",
        purpose: "the application's password for its database",
        origin: made(40, Alphabet::Alphanumeric),
        every_days: YEAR,
        method: Method::Database,
        services: &["db", "api"],
        always: true,
    },
    Known {
        name: "vault_redis_password",
        variable: "REDIS_PASSWORD",
        purpose: "the application's password for Redis",
        origin: made(40, Alphabet::Alphanumeric),
        every_days: YEAR,
        method: Method::Redis,
        services: &["redis", "api"],
        always: true,
    },
    Known {
        name: "vault_admin_password",
        variable: "ADMIN_PASSWORD",
        purpose: "the first administrator's password; counts only when an instance is seeded",
        origin: made(24, Alphabet::Alphanumeric),
        every_days: None,
        method: Method::ByHand(
            "change it in the application, then tell it with `bunker vault set`",
        ),
        services: &[],
        always: true,
    },
    Known {
        name: "vault_session_secret",
        variable: "SESSION_SECRET",
        purpose: "signs the cookies of a session; changing it logs everybody out",
        origin: made(64, Alphabet::Alphanumeric),
        every_days: QUARTER,
        method: Method::Settings,
        services: &["api"],
        always: false,
    },
    beside(
        "vault_listmonk_db_password",
        "LISTMONK_DB_PASSWORD",
        "Listmonk's password for its database",
        40,
        BESIDE,
        &["listmonk"],
    ),
    beside(
        "vault_listmonk_admin_password",
        "LISTMONK_ADMIN_PASSWORD",
        "Listmonk's administrator; counts only when it is set up first",
        24,
        BESIDE,
        &["listmonk"],
    ),
    beside(
        "vault_listmonk_api_token",
        "LISTMONK_API_TOKEN",
        "lets the application send through Listmonk",
        40,
        BESIDE,
        &["listmonk"],
    ),
    beside(
        "vault_nocodb_admin_password",
        "NOCODB_ADMIN_PASSWORD",
        "NocoDB's administrator; counts only when it is set up first",
        24,
        BESIDE,
        &["nocodb"],
    ),
    beside(
        "vault_nocodb_jwt_secret",
        "NOCODB_JWT_SECRET",
        "signs the tokens of NocoDB; changing it logs everybody out there",
        64,
        BESIDE,
        &["nocodb"],
    ),
    beside(
        "vault_code_server_password",
        "CODE_SERVER_PASSWORD",
        "opens the editor",
        24,
        BESIDE,
        &["code-server"],
    ),
    beside(
        "vault_gitea_db_password",
        "GITEA_DB_PASSWORD",
        "Gitea's password for its database",
        40,
        BESIDE,
        &["gitea"],
    ),
    beside(
        "vault_gitea_secret_key",
        "GITEA_SECRET_KEY",
        "encrypts what Gitea keeps of other services",
        64,
        ENCRYPTS,
        &["gitea"],
    ),
    beside(
        "vault_n8n_user_password",
        "N8N_USER_PASSWORD",
        "the first user of n8n; counts only when it is set up first",
        24,
        BESIDE,
        &["n8n"],
    ),
    beside(
        "vault_n8n_encryption_key",
        "N8N_ENCRYPTION_KEY",
        "encrypts the credentials that n8n keeps",
        64,
        ENCRYPTS,
        &["n8n"],
    ),
    beside(
        "vault_grafana_admin_password",
        "GRAFANA_ADMIN_PASSWORD",
        "Grafana's administrator on the host; counts only when it is set up first",
        24,
        BESIDE,
        &["grafana"],
    ),
    Known {
        name: "vault_smtp_password",
        variable: "SMTP_PASSWORD",
        purpose: "password for the mail server",
        origin: Origin::Given("the provider of the mail server"),
        every_days: None,
        method: Method::ByHand(
            "change it at the provider, then `bunker vault set` and `bunker configure`",
        ),
        services: &["api"],
        always: false,
    },
    Known {
        name: "vault_pangolin_api_key",
        variable: "PANGOLIN_API_KEY",
        purpose: "manages what Pangolin publishes",
        origin: Origin::Given("Pangolin: Organization, API keys"),
        every_days: None,
        method: Method::ByHand(
            "make a new key in Pangolin, then `bunker vault set` and `bunker configure`",
        ),
        services: &["api"],
        always: false,
    },
    Known {
        name: "vault_pangolin_newt_id",
        variable: "PANGOLIN_NEWT_ID",
        purpose: "the name of this instance's tunnel",
        origin: Origin::Given("Pangolin: the site of this instance"),
        every_days: None,
        method: Method::ByHand("set Pangolin up for this instance again"),
        services: &["newt"],
        always: false,
    },
    Known {
        name: "vault_pangolin_newt_secret",
        variable: "PANGOLIN_NEWT_SECRET",
        purpose: "the key of this instance's tunnel",
        origin: Origin::Given("Pangolin: the site of this instance"),
        every_days: None,
        method: Method::ByHand("set Pangolin up for this instance again"),
        services: &["newt"],
        always: false,
    },
    Known {
        name: "vault_bunker_ops_remote_write_token",
        variable: "BUNKER_OPS_REMOTE_WRITE_TOKEN",
        purpose: "lets an instance report its metrics to the central server; all instances share it",
        origin: Origin::Given("the central server"),
        every_days: YEAR,
        method: Method::ByHand(
            "let the central server accept both tokens, `bunker vault set all` and `bunker configure` all instances, then drop the old one",
        ),
        services: &["prometheus"],
        always: false,
    },
];

/// The row of a secret.
pub fn known(name: &SecretName) -> Option<&'static Known> {
    KNOWN.iter().find(|row| row.name == name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_stand_in_a_vault_and_in_a_settings_file() {
        let mut seen = std::collections::BTreeSet::new();
        for row in KNOWN {
            let name: SecretName = row.name.parse().unwrap();
            assert_eq!(known(&name), Some(row));
            assert!(seen.insert(row.variable), "{} twice", row.variable);
            assert!(
                row.variable
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
            );
            let by_itself = !matches!(row.method, Method::ByHand(_));
            assert!(!by_itself || row.recipe().is_some(), "{} is changed but never made", row.name);
        }
    }
}
