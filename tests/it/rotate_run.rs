//! Secrets of a paper host are changed as an operator does it: by the program, to what the services answer.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::lab::{HostSpec, Lab, Options};

struct Deck {
    lab: Lab,
    own: TempDir,
}

const NAMES: [(&str, &str); 3] = [
    ("vault_jwt_secret", "JWT_SECRET"),
    ("vault_postgres_password", "POSTGRES_PASSWORD"),
    ("vault_redis_password", "REDIS_PASSWORD"),
];

impl Deck {
    /// A host whose secrets are in the vault.
    fn new() -> Self {
        let options = Options::instances()
            .with_policy("bunker_min_healthy_s: 1")
            .with_policy("bunker_healthy_deadline_s: 6");
        let lab = Lab::start(1, options.with_hosts(vec![HostSpec::new("one")])).unwrap();
        let deck = Self { lab, own: tempfile::tempdir().unwrap() };
        deck.ok(&["vault", "init", "--name", "anna"], "");
        for (name, variable) in NAMES {
            let value = deck.setting(variable);
            deck.ok(&["vault", "set", "one", name], &value);
        }
        deck
    }

    fn bunker(&self, args: &[&str], input: &str) -> (i32, String) {
        let own = self.own.path();
        let mut child = Command::new(env!("CARGO_BIN_EXE_bunker"))
            .args(args)
            .arg("--inventory")
            .arg(self.lab.inventory_dir())
            .env("BUNKER_STATE", own.join("state"))
            .env("XDG_CONFIG_HOME", own.join("config"))
            .env("XDG_CACHE_HOME", own.join("cache"))
            .env("XDG_RUNTIME_DIR", own)
            .env("HOME", own)
            .env_remove("BUNKER_IDENTITY")
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let all = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&all).into_owned())
    }

    fn ok(&self, args: &[&str], input: &str) -> String {
        let (code, text) = self.bunker(args, input);
        assert_eq!(code, 0, "{args:?}: {text}");
        text
    }

    fn get(&self, name: &str) -> String {
        self.ok(&["vault", "get", "one", name], "").trim_end().to_owned()
    }

    fn generation(&self, name: &str) -> u64 {
        let list: serde_json::Value =
            serde_json::from_str(&self.ok(&["vault", "list", "one", "--json"], "")).unwrap();
        let row = list.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
        assert_eq!(row["pending"], serde_json::Value::Null, "{row}");
        row["generation"].as_u64().unwrap()
    }

    fn env_file(&self) -> std::path::PathBuf {
        self.lab.named("one").unwrap().checkout().join(".env")
    }

    fn setting(&self, name: &str) -> String {
        let text = fs::read_to_string(self.env_file()).unwrap();
        let start = format!("{name}=");
        text.lines().find_map(|l| l.strip_prefix(&start)).unwrap().to_owned()
    }

    /// What Redis says to a password and a ping.
    fn redis(&self, password: &str) -> String {
        let host = self.lab.named("one").unwrap();
        let line = format!(
            "cd '{}' && printf 'AUTH %s\\nPING\\n' '{password}' | docker compose exec -T redis redis-cli",
            host.checkout().display()
        );
        String::from_utf8(crate::lab_ssh::ssh(&self.lab, host, &line, b"").stdout).unwrap()
    }

    /// Gives Redis the password of the database, as an imported instance may have it.
    fn with_one_value_twice(self) -> (Self, String) {
        let (redis, same) = (self.setting("REDIS_PASSWORD"), self.setting("POSTGRES_PASSWORD"));
        let text = fs::read_to_string(self.env_file()).unwrap();
        fs::write(self.env_file(), text.replace(&redis, &same)).unwrap();
        let kept = self.lab.named("one").unwrap().dir().join("docker/redis-password");
        fs::write(kept, format!("{same}\n")).unwrap();
        self.ok(&["vault", "set", "one", "vault_redis_password"], &same);
        (self, same)
    }

    fn compose(&self, what: &str) {
        let host = self.lab.named("one").unwrap();
        let line = format!("cd '{}' && docker compose {what}", host.checkout().display());
        let output = crate::lab_ssh::ssh(&self.lab, host, &line, b"");
        assert!(output.status.success(), "{output:?}");
    }

    /// No value is anywhere but in .env and where the services keep theirs: not in state, logs or plans.
    fn assert_nowhere<'a>(&self, values: impl IntoIterator<Item = &'a String>) {
        let state = self.lab.named("one").unwrap().state_dir().clone();
        for value in values {
            for place in [&state, &self.own.path().join("state")] {
                let found =
                    Command::new("grep").args(["-rlF", "--", value]).arg(place).output().unwrap();
                assert_eq!(String::from_utf8_lossy(&found.stdout), "", "{}", place.display());
            }
        }
    }

    fn database_password(&self) -> String {
        let file = self.lab.named("one").unwrap().dir().join("docker/db-password");
        fs::read_to_string(file).unwrap().trim_end().to_owned()
    }
}

#[test]
fn all_secrets_of_a_host_are_changed_and_the_old_ones_are_refused() {
    let deck = Deck::new();
    let before: Vec<String> = NAMES.iter().map(|(name, _)| deck.get(name)).collect();
    assert!(deck.redis(&before[2]).contains("PONG"));
    let (code, text) = deck.bunker(&["rotate-secrets", "one", "--all", "--check"], "");
    assert_eq!(code, 3, "{text}");
    assert_eq!(deck.generation("vault_redis_password"), 1, "a check changed something");

    let told = deck.ok(&["rotate-secrets", "one", "--all", "--yes"], "");
    let after: Vec<String> = NAMES.iter().map(|(name, _)| deck.get(name)).collect();
    for ((name, variable), (old, new)) in NAMES.iter().zip(before.iter().zip(&after)) {
        assert_ne!(old, new, "{name}");
        assert_eq!(&deck.setting(variable), new, "{name}");
        assert_eq!(deck.generation(name), 2);
        assert!(!told.contains(old.as_str()) && !told.contains(new.as_str()), "{told}");
    }
    assert!(deck.redis(&after[2]).contains("PONG"));
    assert!(!deck.redis(&before[2]).contains("PONG"));
    assert_eq!(deck.database_password(), after[1]);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(deck.env_file()).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    deck.assert_nowhere(before.iter().chain(&after));
    deck.ok(&["secrets", "due"], "");
}

#[test]
fn a_rotation_that_failed_is_gone_on_with_by_starting_it_again() {
    let deck = Deck::new();
    let (old, redis) = (deck.get("vault_postgres_password"), deck.get("vault_redis_password"));
    // The second of them cannot be found safely in .env: the old values stay in force.
    let text = fs::read_to_string(deck.env_file()).unwrap();
    fs::write(deck.env_file(), text.replace(&redis, "short-one")).unwrap();
    deck.ok(&["vault", "set", "one", "vault_redis_password"], "short-one");
    let args = [
        "rotate-secrets",
        "one",
        "--yes",
        "--secret",
        "vault_postgres_password",
        "--secret",
        "vault_redis_password",
    ];
    let (code, told) = deck.bunker(&args, "");
    assert!(
        code == 1 && told.contains("the current value of vault_redis_password is too short"),
        "{told}"
    );
    assert_eq!(deck.get("vault_postgres_password"), old);
    assert_eq!(deck.database_password(), old, "the database was changed before the settings");
    let held = deck.lab.named("one").unwrap().state_dir().join("instances/one/lease");
    assert!(!held.exists(), "the lease was kept");
    assert_eq!(
        deck.setting("POSTGRES_PASSWORD"),
        old,
        "all of them are looked at before any is changed"
    );

    fs::write(
        deck.env_file(),
        fs::read_to_string(deck.env_file()).unwrap().replace("short-one", &redis),
    )
    .unwrap();
    deck.ok(&["vault", "set", "one", "vault_redis_password"], &redis);
    let (code, told) = deck.bunker(&args, "");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("goes on with the same new value"), "{told}");
    assert_ne!(deck.get("vault_postgres_password"), old);
    assert_eq!(deck.database_password(), deck.get("vault_postgres_password"));
    assert_eq!(deck.generation("vault_postgres_password"), 2);
}

#[test]
fn two_secrets_with_one_value_get_each_its_own() {
    let (deck, same) = Deck::new().with_one_value_twice();
    // Whose value an own variable has, nobody can tell: nothing is changed.
    let text = fs::read_to_string(deck.env_file()).unwrap();
    fs::write(deck.env_file(), format!("{text}OWN_URL=redis://:{same}@redis\n")).unwrap();
    let all = ["rotate-secrets", "one", "--all", "--yes"];
    let (code, told) = deck.bunker(&all, "");
    assert!(code == 1 && told.contains("it cannot be told whose it is in OWN_URL"), "{told}");
    assert_eq!(deck.setting("POSTGRES_PASSWORD"), same);
    assert_eq!(deck.setting("REDIS_PASSWORD"), same);

    // Stopped when the settings have the new values and the database the old one.
    fs::write(deck.env_file(), &text).unwrap();
    deck.compose("stop db");
    let (code, told) = deck.bunker(&all, "");
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("vault_redis_password has the value of vault_postgres_password too"),
        "{told}"
    );
    let (staged, redis) = (deck.setting("POSTGRES_PASSWORD"), deck.setting("REDIS_PASSWORD"));
    assert!(staged != same && redis != same && staged != redis);
    assert_eq!(deck.get("vault_postgres_password"), same, "it is not promoted");
    deck.compose("start db");
    let told = deck.ok(&all, "");
    assert!(told.contains("goes on with the same new value"), "{told}");
    assert_eq!(deck.get("vault_postgres_password"), staged);
    assert_eq!(deck.get("vault_redis_password"), redis);
    assert_eq!(deck.database_password(), staged);
    assert!(deck.redis(&redis).contains("PONG") && !deck.redis(&same).contains("PONG"));
    assert!(!told.contains(&same) && !told.contains(&staged) && !told.contains(&redis), "{told}");
    deck.assert_nowhere([&same, &staged, &redis]);
}

#[test]
fn a_secret_alone_leaves_the_other_of_the_same_value_as_it_is() {
    let (deck, same) = Deck::new().with_one_value_twice();
    deck.ok(&["rotate-secrets", "one", "--secret", "vault_redis_password", "--yes"], "");
    assert_eq!(deck.setting("POSTGRES_PASSWORD"), same);
    assert_eq!(deck.setting("REDIS_PASSWORD"), deck.get("vault_redis_password"));
    assert_ne!(deck.setting("REDIS_PASSWORD"), same);
    assert_eq!(deck.database_password(), same);
}

#[test]
fn a_secret_that_somebody_edited_on_the_host_is_told_and_never_written_over() {
    let deck = Deck::new();
    let (redis, jwt) = (deck.get("vault_redis_password"), deck.get("vault_jwt_secret"));
    let text = fs::read_to_string(deck.env_file()).unwrap();
    let edited = text.replace(&jwt, "edited-by-hand-on-the-host");
    fs::write(deck.env_file(), &edited).unwrap();
    for (args, code) in [(&["--all", "--yes"][..], 8), (&["--all", "--check"], 3)] {
        let (got, told) = deck.bunker(&[&["rotate-secrets", "one"], args].concat(), "");
        assert_eq!(got, code, "{told}");
        assert!(told.contains("somebody edited it on the host: JWT_SECRET;"), "{told}");
        assert!(!told.contains("edited-by-hand"), "{told}");
    }
    assert_eq!(fs::read_to_string(deck.env_file()).unwrap(), edited);
    assert_eq!(deck.generation("vault_jwt_secret"), 1);
    // What is not touched does not stand in the way.
    let args = ["rotate-secrets", "one", "--secret", "vault_redis_password", "--yes"];
    deck.ok(&args, "");
    assert_ne!(deck.get("vault_redis_password"), redis);
    assert_eq!(deck.setting("JWT_SECRET"), "edited-by-hand-on-the-host");
    // Once the vault says what the host has, it is no edit any more.
    deck.ok(&["vault", "set", "one", "vault_jwt_secret"], "edited-by-hand-on-the-host");
    deck.ok(&["rotate-secrets", "one", "--secret", "vault_jwt_secret", "--yes"], "");
    assert_eq!(deck.setting("JWT_SECRET"), deck.get("vault_jwt_secret"));
}

#[test]
fn what_cannot_be_changed_by_itself_is_refused_with_the_way() {
    let deck = Deck::new();
    for (args, code, told) in [
        (&["rotate-secrets", "one"][..], 2, "--secret"),
        (
            &["rotate-secrets", "one", "--secret", "vault_encryption_key"],
            2,
            "could not be read any more",
        ),
        (&["rotate-secrets", "one", "--secret", "vault_unheard_of"], 2, "nothing is known"),
        (
            &["rotate-secrets", "--yes", "one", "--secret", "vault_jwt_access_secret"],
            8,
            "its vault has no vault_jwt_access_secret",
        ),
        (&["rotate-secrets", "--all"], 2, "no host was named"),
    ] {
        let (got, text) = deck.bunker(args, "");
        assert!(got == code && text.contains(told), "{args:?}: {got} {text}");
    }
}
