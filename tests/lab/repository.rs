//! The stand-in repository of the managed application: `changemaker-lite/` as a bare git repository.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// A bare repository with branch `v2` and one tag a release.
#[derive(Debug, Clone)]
pub struct Repository {
    /// The bare repository; can be cloned from by this path.
    pub path: PathBuf,
    /// The commit, 40 hexadecimal digits, of each tag: `v2.4.1`, `v2.6.1-unhealthy`, ...
    pub tags: BTreeMap<String, String>,
}

impl Repository {
    /// The commit of a tag.
    pub fn sha(&self, tag: &str) -> io::Result<&str> {
        self.tags
            .get(tag)
            .map(String::as_str)
            .ok_or_else(|| io::Error::other(format!("the stand-in repository has no tag {tag}")))
    }
}

/// One commit of `history.yml`; what the fields mean is said there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Commit {
    subject: String,
    by: String,
    date: jiff::Timestamp,
    from: Option<String>,
    version: Option<String>,
    behaviour: Option<String>,
    overlay: Option<String>,
    #[serde(default)]
    replace: Vec<Replacement>,
    tag: Option<String>,
}

/// One occurrence of a text in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replacement {
    file: String,
    from: String,
    to: String,
}

/// A file's mode, as git writes it, and its bytes.
type File = (&'static str, Vec<u8>);
type Tree = BTreeMap<String, File>;

const SIDE: &str = "refs/heads/side";

/// Makes the repository at `dest`, a folder that is not there yet. The SHAs are the same every time and everywhere.
pub fn build(dest: &Path) -> io::Result<Repository> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/changemaker-lite");
    let history = fs::read_to_string(source.join("history.yml"))?;
    let commits: Vec<Commit> = serde_yaml::from_str(&history).map_err(io::Error::other)?;
    let stream = stream(&source, &commits)?;
    if let Some(parent) = dest.parent() {
        fs::create_dir_all(parent)?;
    }
    git(dest, &["init", "--quiet", "--bare", "--object-format=sha1", "--initial-branch=v2"], b"")?;
    git(dest, &["fast-import", "--quiet", "--date-format=raw"], &stream)?;
    git(dest, &["update-ref", "-d", SIDE], b"")?;
    let tags = git(dest, &["show-ref", "--tags", "--dereference"], b"")?
        .lines()
        .filter_map(|line| line.split_once(" refs/tags/"))
        .filter_map(|(sha, name)| Some((name.strip_suffix("^{}")?.to_owned(), sha.to_owned())))
        .collect();
    Ok(Repository { path: dest.to_owned(), tags })
}

/// The whole history as input of `git fast-import`.
fn stream(source: &Path, commits: &[Commit]) -> io::Result<Vec<u8>> {
    let mut stream = Vec::new();
    let mut trees: BTreeMap<&str, (usize, Tree)> = BTreeMap::new();
    let mut tree = Tree::new();
    read_tree(&source.join("tree"), "", &mut tree)?;
    let mut on_v2 = 0;
    for (index, commit) in commits.iter().enumerate() {
        let mark = index + 1;
        let side = commit.from.as_deref();
        let (parent, mut now) = match side {
            None => (on_v2, tree.clone()),
            Some(tag) => trees
                .get(tag)
                .cloned()
                .ok_or_else(|| wrong(commit, "`from` names no earlier tag"))?,
        };
        change(source, commit, &mut now)?;
        write_commit(&mut stream, commit, mark, parent, &now)?;
        if side.is_none() {
            on_v2 = mark;
            tree.clone_from(&now);
        }
        if let Some(tag) = &commit.tag {
            let who = format!("{} {} +0000", commit.by, commit.date.as_second());
            write!(stream, "tag {tag}\nfrom :{mark}\ntagger {who}\n")?;
            data(&mut stream, format!("{tag}\n").as_bytes())?;
            trees.insert(tag, (mark, now));
        }
    }
    Ok(stream)
}

/// Applies what a commit says to the tree before it.
fn change(source: &Path, commit: &Commit, tree: &mut Tree) -> io::Result<()> {
    if let Some(overlay) = &commit.overlay {
        read_tree(&source.join("releases").join(overlay), "", tree)?;
    }
    if let Some(version) = &commit.version {
        let package = format!(
            "{{\n  \"name\": \"changemaker-lite\",\n  \"private\": true,\n  \"version\": \"{version}\"\n}}\n"
        );
        tree.insert("package.json".to_owned(), ("100644", package.into_bytes()));
    }
    if let Some(behaviour) = &commit.behaviour {
        let word = format!("{behaviour}\n").into_bytes();
        tree.insert("release/behaviour".to_owned(), ("100644", word));
    }
    for Replacement { file, from, to } in &commit.replace {
        let (_, bytes) =
            tree.get_mut(file).ok_or_else(|| wrong(commit, &format!("there is no {file}")))?;
        let text = String::from_utf8(std::mem::take(bytes)).map_err(io::Error::other)?;
        if text.matches(from.as_str()).count() != 1 {
            return Err(wrong(
                commit,
                &format!("{file} does not have the text to replace exactly once"),
            ));
        }
        *bytes = text.replacen(from.as_str(), to, 1).into_bytes();
    }
    Ok(())
}

fn write_commit(
    stream: &mut Vec<u8>,
    commit: &Commit,
    mark: usize,
    parent: usize,
    tree: &Tree,
) -> io::Result<()> {
    let branch = if commit.from.is_some() { SIDE } else { "refs/heads/v2" };
    let who = format!("{} {} +0000", commit.by, commit.date.as_second());
    write!(stream, "commit {branch}\nmark :{mark}\nauthor {who}\ncommitter {who}\n")?;
    data(stream, format!("{}\n", commit.subject).as_bytes())?;
    if parent > 0 {
        writeln!(stream, "from :{parent}")?;
    }
    writeln!(stream, "deleteall")?;
    for (path, (mode, bytes)) in tree {
        writeln!(stream, "M {mode} inline {path}")?;
        data(stream, bytes)?;
    }
    Ok(())
}

fn data(stream: &mut Vec<u8>, bytes: &[u8]) -> io::Result<()> {
    writeln!(stream, "data {}", bytes.len())?;
    stream.extend_from_slice(bytes);
    writeln!(stream)
}

/// Adds the files below `folder`, with slashes between the parts of their names.
fn read_tree(folder: &Path, prefix: &str, tree: &mut Tree) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let mut name = prefix.to_owned();
        write!(name, "{}", entry.file_name().to_string_lossy()).map_err(io::Error::other)?;
        if entry.file_type()?.is_dir() {
            read_tree(&entry.path(), &format!("{name}/"), tree)?;
        } else {
            let executable = entry.metadata()?.permissions().mode() & 0o100 != 0;
            let mode = if executable { "100755" } else { "100644" };
            tree.insert(name, (mode, fs::read(entry.path())?));
        }
    }
    Ok(())
}

fn wrong(commit: &Commit, what: &str) -> io::Error {
    io::Error::other(format!("history.yml, \"{}\": {what}", commit.subject))
}

/// Runs git on the bare repository, with nothing of the machine's configuration; gives what it printed.
fn git(repository: &Path, args: &[&str], input: &[u8]) -> io::Result<String> {
    let mut child = Command::new("git")
        .arg("--git-dir")
        .arg(repository)
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input)?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(format!("git {}: {}", args.join(" "), said.trim())))
    }
}
