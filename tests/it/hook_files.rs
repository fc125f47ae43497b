//! Hooks as files: which may be run, and what running one does.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bunker_ops::adapters::hooks::{HookFiles, HookProcesses};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::hook::{HookCall, HookEnd, HookPoint};
use bunker_ops::engine::ports::{HookFolder, HookRunner};

/// `hooks/` beside `inventory/`.
struct Beside(tempfile::TempDir);

impl Beside {
    fn new() -> Self {
        let own = tempfile::tempdir().unwrap();
        for name in ["inventory", "hooks"] {
            std::fs::create_dir(own.path().join(name)).unwrap();
        }
        mode(&own.path().join("hooks"), 0o755);
        Self(own)
    }

    fn inventory(&self) -> PathBuf {
        self.0.path().join("inventory")
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join("hooks").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        mode(&path, 0o755);
        path
    }

    fn refusal(&self) -> String {
        HookFiles.hooks(&self.inventory(), 5).unwrap_err().to_string()
    }

    async fn run(&self, timeout_s: u64) -> HookEnd {
        let hook = HookFiles.hooks(&self.inventory(), timeout_s).unwrap().remove(0);
        HookProcesses::new(&Operate::grant()).run(&hook, &call(hook.point)).await
    }
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn call(hook: HookPoint) -> HookCall {
    HookCall {
        schema: 1,
        hook,
        fleet: "test".into(),
        workflow: "upgrade".into(),
        target: None,
        run: None,
        plan: Some("abc".into()),
        by: Some("ann on desk".into()),
        batch: Some(2),
        batches: 4,
        hosts: Vec::new(),
        reason: None,
        at: "2026-11-22T22:00:00Z".parse().unwrap(),
    }
}

#[test]
fn only_what_its_owner_alone_can_change_is_run() {
    let beside = Beside::new();
    assert_eq!(HookFiles.hooks(&beside.inventory(), 5).unwrap(), []);
    let path = beside.write("pre-batch", "true");
    let found = HookFiles.hooks(&beside.inventory(), 5).unwrap();
    assert_eq!((found.len(), found[0].point, found[0].sha256.len()), (1, HookPoint::PreBatch, 64));
    mode(&path, 0o775);
    assert!(beside.refusal().contains(&format!("`chmod go-w {}`", path.display())));
    mode(&path, 0o644);
    assert!(beside.refusal().contains("`chmod u+x"), "{}", beside.refusal());
    mode(&path, 0o755);
    mode(&beside.0.path().join("hooks"), 0o777);
    assert!(beside.refusal().contains("chmod go-w"), "{}", beside.refusal());
}

#[tokio::test]
async fn a_hook_reads_json_has_a_small_environment_and_its_output_is_kept() {
    let beside = Beside::new();
    beside.write(
        "pre-batch",
        "cat; echo; echo \"$BUNKER_HOOK\"; env | cut -d= -f1 | sort | tr '\\n' ' '; pwd >&2",
    );
    let end = beside.run(20).await;
    assert_eq!(end.failed, None);
    let text = String::from_utf8(end.output).unwrap();
    let json: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((json["hook"].as_str(), json["batch"].as_u64()), (Some("pre-batch"), Some(2)));
    assert_eq!(json["by"], "ann on desk");
    assert!(text.contains("\npre-batch\n") && !text.contains("CARGO"), "{text}");
    assert!(text.contains(beside.0.path().join("hooks").to_str().unwrap()), "{text}");
}

#[tokio::test]
async fn a_hook_that_fails_hangs_or_was_changed_says_so() {
    let beside = Beside::new();
    beside.write("pre-batch", "echo not today; exit 3");
    let end = beside.run(20).await;
    assert_eq!(end.failed, Some("it ended with exit code 3".into()));
    assert_eq!(end.lines, ["not today".into()]);
    // It and what it started are ended.
    let mark = beside.0.path().join("mark");
    beside.write("pre-batch", &format!("(sleep 30; touch {}) & sleep 30", mark.display()));
    let began = Instant::now();
    let end = beside.run(1).await;
    assert_eq!(end.failed, Some("it took longer than 1 s and was ended".into()));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert!(!mark.exists());
    // What was approved is what runs.
    let hook = HookFiles.hooks(&beside.inventory(), 5).unwrap().remove(0);
    beside.write("pre-batch", "echo something else");
    let end = HookProcesses::new(&Operate::grant()).run(&hook, &call(hook.point)).await;
    assert_eq!(end.failed, Some("it was changed after the plan was made; plan again".into()));
    assert!(end.output.is_empty());
    // A hook that reads nothing and prints much neither hangs nor fills the memory.
    beside.write("pre-batch", "exec <&-; yes | head -c 2000000");
    let end = beside.run(20).await;
    assert_eq!((end.failed, end.output.len()), (None, 256 * 1024));
}
