//! Objects of a repository, as many as are wanted by one process (`git cat-file --batch`, git-cat-file(1)).

use std::path::Path;

use super::command::{fed, succeeded};
use crate::domain::git::GitUrl;
use crate::engine::ports::RepositoryError;

/// What a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// `blob`, `commit`, `tree` or `tag`.
    pub(super) kind: String,
    pub(super) bytes: Vec<u8>,
}

/// The objects with these names (`<commit>:<path>` and the like), each in its place; `None` where there is none.
pub(super) async fn read(
    repo: &GitUrl,
    what: &'static str,
    path: &Path,
    names: &[String],
) -> Result<Vec<Option<Object>>, RepositoryError> {
    // A name with a line break would be two; nothing in a repository that we look for has one.
    let asked = names.iter().map(|name| name.replace(['\n', '\0'], "\u{fffd}"));
    let input = asked.fold(String::new(), |text, name| text + &name + "\n");
    let answer = fed(repo, what, path, &["cat-file", "--batch"], input.into_bytes()).await?;
    succeeded(repo, what, &answer)?;
    let mut rest = answer.stdout.as_slice();
    let objects: Result<Vec<_>, CutOff> = names.iter().map(|_| next(&mut rest)).collect();
    objects.map_err(|CutOff| RepositoryError::Failed {
        repo: repo.clone(),
        what,
        message: "git ended in the middle of its answer: try again".into(),
    })
}

/// The answer ended within an object, or before it.
#[derive(Debug, PartialEq, Eq)]
struct CutOff;

/// Takes the next object off the answer: `<id> <kind> <size>`, a line break, its bytes, a line break; or a line of other
/// words for a name that leads nowhere.
fn next(rest: &mut &[u8]) -> Result<Option<Object>, CutOff> {
    let end = rest.iter().position(|b| *b == b'\n').ok_or(CutOff)?;
    let (line, after) = rest.split_at_checked(end).ok_or(CutOff)?;
    let after = after.get(1..).ok_or(CutOff)?;
    let Some((kind, size)) = header(&String::from_utf8_lossy(line)) else {
        *rest = after;
        return Ok(None);
    };
    let (bytes, after) = after.split_at_checked(size).ok_or(CutOff)?;
    *rest = after.get(1..).ok_or(CutOff)?;
    Ok(Some(Object { kind, bytes: bytes.to_vec() }))
}

/// Kind and size in bytes.
fn header(line: &str) -> Option<(String, usize)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [id, kind, size] = words.as_slice() else { return None };
    if id.len() < 40 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some(((*kind).to_owned(), size.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_taken_whole_whatever_its_bytes_are() {
        let id = "a".repeat(40);
        let tricky = format!("{id} blob 3\n\n");
        let text = format!(
            "{id} commit 0\n\n{id}:no such file missing\n{id} blob {}\n{tricky}\nx y missing\n{id} tree 1\nz\n",
            tricky.len()
        );
        let mut rest = text.as_bytes();
        let of = |kind: &str, bytes: &str| Object { kind: kind.into(), bytes: bytes.into() };
        assert_eq!(next(&mut rest), Ok(Some(of("commit", ""))));
        assert_eq!(next(&mut rest), Ok(None));
        assert_eq!(next(&mut rest), Ok(Some(of("blob", &tricky))));
        assert_eq!(next(&mut rest), Ok(None));
        assert_eq!(next(&mut rest), Ok(Some(of("tree", "z"))));
        assert_eq!((next(&mut rest), rest), (Err(CutOff), &b""[..]));
        for cut in 1..text.len() {
            let mut rest = &text.as_bytes()[..cut];
            let n = std::iter::from_fn(|| next(&mut rest).ok()).count();
            assert!(n < 5, "cut at {cut}");
        }
    }
}
