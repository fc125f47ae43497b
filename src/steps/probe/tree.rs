//! What lies in files: checkout, settings, backups, release, lease.

use jiff::{SignedDuration, Timestamp};

use super::frames::{Frame, last_line};
use super::parse::Parts;
use crate::domain::facts::{BackupFile, Checkout, EnvFile, Folder, Site};
use crate::domain::git::CommitSha;
use crate::domain::release::ReleaseRecord;
use crate::domain::untrusted::Safe;

/// At most this many changed files are kept by name.
const MAX_CHANGED: usize = 200;

pub(super) fn checkout(parts: &Parts<'_>) -> Result<Checkout, Safe> {
    let told = parts.text("tree")?;
    let header = |name: &str| told.lines().find_map(|l| l.strip_prefix("# ")?.strip_prefix(name));
    let commit: CommitSha = header("branch.oid ")
        .unwrap_or_default()
        .parse()
        .map_err(|_| Safe::line("`git status` named no commit: nothing is checked out there"))?;
    let tag = parts.text("tag")?;
    let tag = tag.lines().next().filter(|line| !line.is_empty());
    let branch = header("branch.head ").filter(|name| *name != "(detached)");
    let changed = told.lines().filter_map(change).take(MAX_CHANGED);
    let extra = parts.text("extra")?;
    let extra = extra.lines().filter(|l| !l.is_empty()).take(MAX_CHANGED).map(Safe::line);
    Ok(Checkout {
        commit,
        reference: tag.or(branch).map(Safe::line),
        changed: changed.map(|line| Safe::line(&line)).collect(),
        extra: extra.collect(),
    })
}

/// A line of `git status --porcelain=v2` in the words of `--porcelain`, which people know: "XY path", or "XY path -> path"
/// of one that was moved, after the table "Changed Tracked Entries" of git-status(1). `None` of a header.
fn change(line: &str) -> Option<String> {
    let (kind, rest) = line.split_once(' ')?;
    let (states, rest) = rest.split_once(' ')?;
    // What stands between the states and the path: sub, modes, object names and, of one that was moved, a score.
    let between = match kind {
        "1" => 6,
        "2" => 7,
        "u" => 8,
        _ => return None,
    };
    let path = rest.splitn(between + 1, ' ').nth(between)?;
    let states = states.replace('.', " ");
    Some(match path.split_once('\t') {
        Some((now, before)) => format!("{states} {before} -> {now}"),
        None => format!("{states} {path}"),
    })
}

pub(super) fn env_file(parts: &Parts<'_>) -> Result<EnvFile, Safe> {
    let text = parts.text("env")?;
    let mut lines = text.lines();
    let mode = lines.next().and_then(|l| u32::from_str_radix(l.trim(), 8).ok());
    let sha256 = lines.next().and_then(|l| l.split_whitespace().next()).and_then(digest);
    let (Some(mode), Some(sha256)) = (mode, sha256) else {
        return Err(Safe::line("`stat` or `sha256sum` told nothing of .env"));
    };
    let applied_sha256 = match present(&parts.text("applied")?)? {
        Some(text) => Some(
            digest(text.trim())
                .ok_or_else(|| Safe::line("the mark of the last applied .env is not a checksum"))?,
        ),
        None => None,
    };
    Ok(EnvFile { sha256, mode, keys: lines.map(Safe::line).collect(), applied_sha256 })
}

fn digest(text: &str) -> Option<Safe> {
    let ok = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    ok.then(|| Safe::line(&text.to_ascii_lowercase()))
}

/// The first line says whether the file is there; then comes its content.
fn present(text: &str) -> Result<Option<&str>, Safe> {
    match text.split_once('\n') {
        Some(("present", content)) => Ok(Some(content)),
        Some(("absent", _)) => Ok(None),
        _ => Err(Safe::line("the script did not say whether the file is there")),
    }
}

/// The newest archive; `Ok(None)` only where the folder was looked into or is not there.
pub(super) fn backup(frame: &Frame<'_>) -> Result<Option<BackupFile>, Safe> {
    let text = frame.text()?;
    let Some(content) = present(&text)? else { return Ok(None) };
    let Some(line) = content.lines().next().filter(|l| !l.is_empty()) else {
        return last_line(frame.complaint).map_or(Ok(None), Err);
    };
    let odd = || Safe::line("the list of backups is not what the script prints");
    let (at, rest) = line.split_once(' ').ok_or_else(odd)?;
    let (size, name) = rest.split_once(' ').ok_or_else(odd)?;
    let seconds = at.parse::<i64>().map_err(|_| odd())?;
    let at =
        Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(seconds)).map_err(|_| odd())?;
    let size_b = size.parse().map_err(|_| odd())?;
    let name = Safe::line(name.strip_prefix("./").unwrap_or(name));
    Ok(Some(BackupFile { name, size_b, at }))
}

/// The release file is JSON.
pub(super) fn release(text: &str) -> Result<Option<ReleaseRecord>, Safe> {
    let Some(content) = present(text)? else { return Ok(None) };
    serde_json::from_str(content)
        .map(Some)
        .map_err(|e| Safe::line(&format!("the release file is not ours: {e}")))
}

/// The lease is `key=value` lines; one that is past its end by the host's own clock is none.
pub(super) fn lease(text: &str, host_now: Option<Timestamp>) -> Result<Option<Safe>, Safe> {
    let Some(content) = present(text)? else { return Ok(None) };
    let field = |key: &str| content.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix('='));
    let ends = field("expires").and_then(|t| t.trim().parse::<i64>().ok());
    if let (Some(ends), Some(now)) = (ends, host_now)
        && ends <= now.as_second()
    {
        return Ok(None);
    }
    let holder = field("holder").or_else(|| content.lines().find(|l| !l.trim().is_empty()));
    Ok(holder.map(|h| Safe::line(h.trim())))
}

/// What stands at the place of the checkout, then what a deployment left there.
pub(super) fn site(text: &str) -> Result<Site, Safe> {
    let mut lines = text.lines();
    let folder = match lines.next().and_then(|line| line.split_once(' ').or(Some((line, "")))) {
        Some(("bare", _)) => Folder::Bare,
        Some(("files", first)) => Folder::Files(Safe::line(first)),
        Some(("checkout", _)) => Folder::Checkout,
        _ => return Err(Safe::line("the script did not say what is at the place of the checkout")),
    };
    let field = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
    let deploying = field("deploying").map(Safe::line);
    let same_repo = field("origin") != Some("other");
    Ok(Site { folder, deploying, same_repo })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Part;
    use crate::steps::probe::sample::{facts_of, reply};

    fn one(name: &str, out: &str, rc: i32, complaint: &str) -> crate::domain::facts::Facts {
        facts_of(&reply(&[(name, out, None, rc, complaint)]))
    }

    #[test]
    fn a_checkout_is_told_in_gits_short_words() {
        let sha = "3f".repeat(20);
        let told = |head: &str| {
            let (a, b, c) = ("1".repeat(40), "2".repeat(40), "3".repeat(40));
            format!(
                "# branch.oid {sha}\n# branch.head {head}\n# branch.upstream origin/v2\n\
                 1 .M N... 100644 100644 100644 {a} {b} api/my file.ts\n\
                 2 R. N... 100644 100644 100644 {a} {b} R100 new name\told\n\
                 u UU N... 100644 100644 100644 100644 {a} {b} {c} both\n"
            )
        };
        let of = |head: &str, tag: &str| {
            let tree = told(head);
            let parts: [crate::steps::probe::sample::Said<'_>; 3] = [
                ("tree", &tree, None, 0, ""),
                ("tag", tag, None, 0, ""),
                ("extra", "docker-compose.override.yml\n", None, 0, ""),
            ];
            facts_of(&reply(&parts)).checkout
        };
        let on = of("v2", "");
        let checkout = on.known().unwrap();
        assert_eq!(checkout.commit.as_str(), sha);
        assert_eq!(checkout.reference, Some(Safe::line("v2")));
        let changed: Vec<&str> = checkout.changed.iter().map(Safe::as_str).collect();
        assert_eq!(changed, [" M api/my file.ts", "R  old -> new name", "UU both"]);
        assert_eq!(checkout.extra, [Safe::line("docker-compose.override.yml")]);
        let tagged = of("v2", "v2.4.1\n");
        assert_eq!(tagged.known().unwrap().reference, Some(Safe::line("v2.4.1")));
        assert_eq!(of("(detached)", "").known().unwrap().reference, None);
        let born = "# branch.oid (initial)\n# branch.head main\n";
        assert!(one("tree", born, 0, "").checkout.known().is_none());
    }

    #[test]
    fn a_backup_is_known_absent_or_unreadable_and_never_guessed() {
        let known = one("backup", "present\n1795377371 1048576 ./cml 2.tar.gz\n", 0, "").backup;
        let file = known.known().unwrap().as_ref().unwrap();
        assert_eq!((file.name.as_str(), file.size_b), ("cml 2.tar.gz", 1_048_576));
        assert_eq!(one("backup", "absent\n", 0, "").backup, Part::Known(None));
        assert_eq!(one("backup", "present\n", 0, "").backup, Part::Known(None));
        for (out, rc, complaint) in [
            ("present\n", 0, "find: not found"),
            ("", 1, "/srv may not be looked into by deploy"),
            ("", 0, ""),
            ("present\nx 5 name\n", 0, ""),
            ("present\n99999999999999 5 name\n", 0, ""),
            ("present\n5\n", 0, ""),
        ] {
            assert!(one("backup", out, rc, complaint).backup.known().is_none(), "{out:?}");
        }
    }

    #[test]
    fn settings_come_without_values() {
        let sum = "ab".repeat(32);
        let facts = facts_of(&reply(&[
            ("env", &format!("600\n{sum}  -\nDOMAIN\nAPI_KEY\n"), None, 0, ""),
            ("applied", &format!("present\n{sum}\n"), None, 0, ""),
        ]));
        let env = facts.env_file.known().unwrap();
        assert_eq!((env.mode, env.keys.len()), (0o600, 2));
        assert_eq!(env.applied_sha256.as_ref(), Some(&env.sha256));
        assert!(one("env", "600\n", 0, "").env_file.known().is_none());
    }

    #[test]
    fn a_lease_that_is_over_by_the_hosts_clock_is_none() {
        let text = "present\nholder=run 7 (upgrade) by ops-1 since 14:20\nexpires=1000\n";
        let at = |s| Timestamp::from_second(s).ok();
        let held = Safe::line("run 7 (upgrade) by ops-1 since 14:20");
        assert_eq!(lease(text, at(999)), Ok(Some(held.clone())));
        assert_eq!(lease(text, at(1000)), Ok(None));
        assert_eq!(lease(text, None), Ok(Some(held)));
        assert_eq!(lease("absent\n", None), Ok(None));
        assert!(lease("", None).is_err());
    }

    #[test]
    fn a_place_is_bare_or_begun_or_somebody_elses() {
        assert!(site("bare\n").unwrap().is_bare());
        let begun = site("checkout\norigin other\ndeploying run 7 since 14:20\n").unwrap();
        assert_eq!((begun.folder, begun.same_repo), (Folder::Checkout, false));
        assert_eq!(begun.deploying, Some(Safe::line("run 7 since 14:20")));
        assert_eq!(site("files a b\n").unwrap().folder, Folder::Files(Safe::line("a b")));
        assert!(site("").is_err());
    }

    #[test]
    fn a_release_file_that_is_not_ours_is_said_to_be() {
        let sha = "3f".repeat(20);
        let text = format!(
            "present\n{{\"sha\":\"{sha}\",\"ref\":\"v2.4.1\",\"run\":\"261122-220000-abcd\",\"at\":\"2026-11-22T22:00:00Z\",\"healthy\":true,\"previous\":null}}\n"
        );
        assert_eq!(release(&text).unwrap().unwrap().sha.as_str(), sha);
        assert_eq!(release("absent\n"), Ok(None));
        assert!(release("present\n").is_err());
        assert!(release("present\n[general]\nx=1\n").is_err());
    }
}
