//! The encoder and the parser against the real thing: `docker compose config` over values made to be awkward.
//!
//! Needs the Compose plugin, and no daemon; where there is none the test says so and ends.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use bunker_ops::domain::dotenv;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::capability::missing;

fn compose(dir: &Path, args: &[&str]) -> Option<Vec<u8>> {
    let mut command = Command::new("docker");
    command.arg("compose").args(args).current_dir(dir).env_clear();
    for kept in ["PATH", "HOME", "DOCKER_CONFIG"] {
        command.envs(std::env::var_os(kept).map(|value| (kept, value)));
    }
    let out = command.output().ok()?;
    assert!(
        out.status.success() || args == ["version"],
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    out.status.success().then_some(out.stdout)
}

/// What a container would get, by the name of the variable: by `env_file` and by interpolation.
fn read_by_compose(env: &str, names: &[String]) -> BTreeMap<String, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(".env"), env).unwrap();
    let mut file =
        "services:\n  a:\n    image: x\n    env_file: .env\n  b:\n    image: x\n    environment:\n"
            .to_owned();
    for name in names {
        let _ = writeln!(file, "      {name}: ${{{name}}}");
    }
    std::fs::write(dir.path().join("compose.yml"), file).unwrap();
    let out = compose(dir.path(), &["config", "--format", "json"]).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let of = |service: &str| -> BTreeMap<String, String> {
        let all = config["services"][service]["environment"].as_object().unwrap();
        // What is printed can be read again as a compose file: there `$$` is `$`.
        all.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().replace("$$", "$"))).collect()
    };
    let (by_file, by_name) = (of("a"), of("b"));
    assert_eq!(by_file, by_name);
    by_file
}

/// Values that a careless encoder would change, or make two variables of.
const AWKWARD: [&str; 46] = [
    "",
    " ",
    "a b",
    "it's",
    "\"",
    "'",
    "\\",
    "\\'",
    "\\\"",
    "\\$",
    "$",
    "$$",
    "$HOME",
    "${HOME}",
    "${",
    "$(id)",
    "#",
    " #",
    "a #b",
    "a\nB=1",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\\n",
    "\\\\",
    "é ü 漢字 🦀",
    "\u{a0}",
    "export X=1",
    "=",
    "a=b",
    ":",
    "a: b",
    "{{ x }}",
    "`id`",
    "end\\",
    "'\\''",
    "\"$X\\\"",
    "\\0101",
    "%",
    "!",
    "~",
    "*",
    "\u{feff}",
    "\u{1b}[0m",
    "\u{7f}",
];

#[test]
fn compose_reads_what_was_encoded_and_reads_it_as_we_do() {
    if compose(Path::new("/"), &["version"]).is_none() {
        return missing(
            "dotenv_compose::compose_reads_what_was_e",
            "there is no docker compose here",
        );
    }
    let mut values: Vec<String> = AWKWARD.map(str::to_owned).into();
    let strategy = "[^\0]{0,30}|[\\\\'\"$# \n\r\t{}a=0n]{0,24}|[ -~\n]{0,60}";
    let generated = proptest::string::string_regex(strategy).unwrap();
    let mut runner = TestRunner::deterministic();
    values.extend((0..400).map(|_| generated.new_tree(&mut runner).unwrap().current()));
    let names: Vec<String> = (0..values.len()).map(|i| format!("V{i}")).collect();
    let mut env = String::new();
    for (name, value) in names.iter().zip(&values) {
        let _ = writeln!(env, "{name}={}", dotenv::encode(value).unwrap());
    }
    let read = read_by_compose(&env, &names);
    assert_eq!(read.len(), values.len(), "no value made a variable of its own");
    for (name, value) in names.iter().zip(&values) {
        assert_eq!(&read[name], value, "{name}={}", dotenv::encode(value).unwrap());
    }
}

#[test]
fn the_parser_reads_by_hand_written_files_as_compose_does() {
    if compose(Path::new("/"), &["version"]).is_none() {
        return missing(
            "dotenv_compose::the_parser_reads_by_hand",
            "there is no docker compose here",
        );
    }
    let text = "\u{feff}# head\r\nA=1\r\nexport B = spaced  \r\nC: yaml\nD='x' E=2 # tail\nF=a#b # c\nG=\"two\r\nlines\" # c\nH='it\\'s'\n\
                I=\"q \\\" \\$X \\\\ \\t \\q \\0101\"\nJ=5$$\nK=back\\nslash\nA=3\nL=\nM=\"\"\nN='$X ${Y}'\nO=a'b\"c\nP=\"#\"\n  Q=indented\n";
    let parsed = dotenv::parse(text);
    assert_eq!(parsed.print(), text);
    let ours: BTreeMap<String, String> = parsed
        .last()
        .into_iter()
        .map(|(name, entry)| (name.to_owned(), entry.value.clone().unwrap()))
        .collect();
    let names: Vec<String> = ours.keys().cloned().collect();
    assert_eq!(read_by_compose(text, &names), ours);
}
