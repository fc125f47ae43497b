//! The bars of the cockpit, three times as wide: what `cargo bench --bench cockpit` measures is held here by counts (frames, bytes,
//! memory, seconds of CPU) and by ratios, which other work on the machine does not move. Where a time is compared, it is the best of
//! many, and a debug build has five times the bar, since nothing of ours is optimised in it: a frame took 11.4 ms where the release build
//! took 2.1 to 2.9.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use self::frames::{Frames, Times};
use self::outputs::Outputs;
use self::screen::SOON;

#[path = "../bench/cockpit/frames.rs"]
mod frames;
#[expect(dead_code, reason = "the bench uses parts that the tests do not")]
#[path = "../bench/cockpit/outputs.rs"]
pub(crate) mod outputs;
#[expect(dead_code, reason = "the bench uses parts that the tests do not")]
#[path = "../bench/cockpit/screen.rs"]
pub(crate) mod screen;

/// How much wider a bar is here.
const WIDE: f64 = if cfg!(debug_assertions) { 3.0 * 5.0 } else { 3.0 };

#[test]
fn a_frame_of_a_thousand_instances_is_cheap_and_costs_no_more_than_what_is_seen_of_them() {
    let (mut few, mut many) = (Frames::new(100), Frames::new(1_000));
    let best = |frames: &mut Frames| Times::of((0..12).map(|_| frames.paint_whole().took)).part(0);
    let (few_ms, many_ms) = (best(&mut few), best(&mut many));
    let news_ms =
        Times::of((0..3).map(|_| many.news(1_000)).map(|(taken, frame)| taken + frame.took))
            .part(0);
    eprintln!(
        "a frame: {many_ms:.2} ms ({few_ms:.2} ms with 100); with news of all {news_ms:.2} ms"
    );
    assert!(many_ms < 4.0 * WIDE, "{many_ms} ms");
    assert!(many_ms < 3.0 * few_ms, "ten times the instances: {many_ms} ms after {few_ms} ms");
    assert_eq!(many.paint().bytes, 0, "what did not change costs no byte");
    let (whole, moved) = (many.paint_whole().bytes, many.key("j").bytes);
    assert!(moved > 0 && moved * 8 < whole, "a key wrote {moved} of {whole} bytes");
    assert_eq!(many.news(1_000).1.bytes, 0, "the same news are no news");
}

#[test]
fn a_thousand_instances_of_a_dead_network_are_listed_at_once_in_little_memory_and_a_still_page_is_still()
 {
    let dir = tempfile::tempdir().unwrap();
    let inventory = screen::dead_fleet(dir.path(), 1_000);
    let mut terminal = screen::opened(&inventory, dir.path(), &[]);
    terminal.next_frame(0, SOON).unwrap();
    let first = screen::cpu_s(&terminal);
    terminal.wait_for("host-0001", SOON).unwrap();
    let listed = screen::cpu_s(&terminal);
    let memory = screen::memory_mb(terminal.pid().unwrap(), "VmRSS");
    eprintln!("CPU to the first frame {first} s, to the list {listed} s; {memory:.0} MiB");
    assert!(first < 0.05 * WIDE, "{first} s of CPU before the first frame");
    assert!(memory < 60.0 * 3.0, "{memory} MiB");
    terminal.keys("q").unwrap();
    terminal.wait_end(SOON).unwrap();

    let inventory = screen::dead_fleet(&dir.path().join("few"), 3);
    let mut terminal = screen::opened(&inventory, dir.path(), &[]);
    screen::at_rest(&terminal, "unknown");
    terminal.keys("R").unwrap();
    terminal.wait_for("no runs|no run", SOON).unwrap();
    terminal.settle(Duration::from_millis(300));
    let (frames, cpu) = (terminal.frames(), screen::cpu_s(&terminal));
    let third = terminal.next_frame(frames + 2, Duration::from_secs(4));
    let used = screen::cpu_s(&terminal) - cpu;
    eprintln!("at rest {used:.3} s of CPU in four seconds");
    assert!(
        third.is_none(),
        "three frames in four seconds, in which at most the clock's minute changed"
    );
    assert!(used < 4.0 * 0.002 * WIDE, "{used} s of CPU in four seconds");
}

#[test]
fn a_key_is_answered_within_some_frames_while_fifty_hosts_print() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let outputs = runtime.block_on(Outputs::new(&dir.path().join("state"), 50));
    let inventory = screen::dead_fleet(dir.path(), 3);
    let mut terminal = screen::opened(&inventory, dir.path(), &[]);
    terminal.wait_for("host-0001", SOON).unwrap();
    screen::on_run(&mut terminal);
    terminal.keys("L").unwrap();
    let (stop, poured) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut most = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| runtime.block_on(outputs.flood(20_000, &stop, &poured)));
        terminal.wait_for("follow · [1-9]", SOON).unwrap();
        for _ in 0..4 {
            for (key, there) in [(":", true), ("esc", false)] {
                let before = terminal.frames();
                terminal.keys(key).unwrap();
                let shown = |screen: &vt100::Screen| screen.contents().contains("Command");
                terminal.came(SOON, |screen| shown(screen) == there).unwrap();
                most = most.max(terminal.frames() - before);
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let kept = runtime.block_on(outputs.kept());
    assert_eq!(kept, poured.load(Ordering::Relaxed), "all that came is kept");
    // A frame of data comes every 33 ms: three times the bar of 35 ms are three of them, and as many for a busy machine.
    eprintln!("a key waited for at most {most} frames");
    assert!(most <= 12, "{most} frames until a key was answered");
}

#[test]
fn the_lines_of_fifty_hosts_are_kept_as_fast_as_they_come_and_none_is_lost() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let once = || {
        let dir = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let outputs = Outputs::new(&dir.path().join("state"), 50).await;
            let took = outputs.pour(2_000, 100).await;
            assert_eq!(outputs.kept().await, 100_000, "lines were lost");
            100_000.0 / took.as_secs_f64()
        })
    };
    let best = (0..3).map(|_| once()).fold(0.0, f64::max);
    eprintln!("{best:.0} lines a second");
    // It does so in a debug build too, several times over.
    assert!(best > 100_000.0 / 3.0, "{best} lines a second");
}

#[test]
fn a_line_of_fifty_megabytes_harms_nobody_and_its_file_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let outputs = runtime.block_on(Outputs::new(&dir.path().join("state"), 1));
    let line = vec![b'x'; 50_000_000];
    runtime.block_on(async {
        outputs.keep(b"before\n").await;
        for piece in line.chunks(64 * 1024) {
            outputs.keep(piece).await;
        }
        outputs.keep(b"\nafter\n").await;
    });
    let kept = dir.path().join("state/runs");
    let log =
        walked(&kept).into_iter().find(|path| path.to_string_lossy().ends_with(".1.log")).unwrap();
    let bytes = std::fs::read(log).unwrap();
    assert_eq!(bytes.len(), b"before\n\nafter\n".len() + line.len());
    assert!(bytes.starts_with(b"before\nxxx") && bytes.ends_with(b"xxx\nafter\n"));
    let inventory = screen::dead_fleet(dir.path(), 1);
    let mut terminal = screen::opened(&inventory, dir.path(), &[]);
    terminal.wait_for("host-0000", SOON).unwrap();
    screen::on_run(&mut terminal);
    terminal.wait_for("after", SOON).unwrap();
    terminal.keys("L").unwrap();
    terminal.wait_for("follow · 3 lines", SOON).unwrap();
    let screen = terminal.wait_for("after", SOON).unwrap();
    assert!(screen.contains("before"), "{screen}");
    terminal.keys("w").unwrap();
    terminal.wait_for("more bytes\\)", SOON).unwrap();
    let memory = screen::memory_mb(terminal.pid().unwrap(), "VmHWM");
    eprintln!("at most {memory:.0} MiB");
    assert!(memory < 60.0 * 3.0, "{memory} MiB");
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
}

/// All files below a folder.
fn walked(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walked(&path) } else { vec![path] }).collect()
}
