//! `cargo bench --bench cockpit`: the cockpit's bars, each with the figure that this machine gives.
//!
//! What can be measured in this process is: frames, and the output of many hosts. Start, keys, idleness and memory are measured
//! on the real program in a terminal of its own, with a thousand instances that nobody answers for. It is a plain program and not
//! one of a framework for benches: most of it is not a function to be called a thousand times, and what is wanted is a bar and
//! whether it holds, not whether something changed since the last time.
//!
//! Times are milliseconds, `p99` is what one of a hundred exceeds. Without options it takes about three minutes.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench prints its figures and fails by panicking"
)]

#[expect(dead_code, reason = "the tests use parts that the bench does not")]
mod frames;
#[expect(dead_code, reason = "the tests use parts that the bench does not")]
mod outputs;
mod screen;

#[expect(
    dead_code,
    unreachable_pub,
    unused_imports,
    let_underscore_drop,
    reason = "the demo and the tests use parts that the bench does not"
)]
#[path = "../../lab/mod.rs"]
mod lab;
#[path = "../../it/sample.rs"]
mod sample;
#[expect(dead_code, reason = "the tests use parts that the bench does not")]
#[path = "../../it/ui_world.rs"]
mod ui_world;

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use frames::{Frames, Times};
use lab::terminal::Terminal;
use outputs::Outputs;
use screen::SOON;

/// Instances that the bars are for.
const N: usize = 1_000;
/// Hosts that print at the same time.
const PRINTING: usize = 50;

/// A figure beside its bar.
enum Bar {
    AtMost(f64),
    AtLeast(f64),
    /// Nothing was promised.
    None,
}

/// The table, a row as soon as it is known.
fn told(what: &str, figure: f64, unit: &str, bar: &Bar) {
    let (bar, ratio, holds) = match *bar {
        Bar::AtMost(most) => {
            let ratio = if most > 0.0 { format!("{:.2}", figure / most) } else { "-".to_owned() };
            (format!("<= {most} {unit}"), ratio, if figure <= most { "holds" } else { "OVER" })
        }
        Bar::AtLeast(least) => {
            let holds = if figure >= least { "holds" } else { "UNDER" };
            (format!(">= {least} {unit}"), format!("{:.2}", figure / least), holds)
        }
        Bar::None => ("-".to_owned(), "-".to_owned(), ""),
    };
    let figure = if figure >= 1_000.0 { format!("{figure:.0}") } else { format!("{figure:.2}") };
    println!("| {what} | {figure} {unit} | {bar} | {ratio} | {holds} |");
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [word, n] = args.as_slice()
        && word == "--fleet"
    {
        return hold(n.parse().unwrap());
    }
    println!("| what | figure | bar | of the bar | |\n|---|---|---|---|---|");
    drawing();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(output());
    starting();
    let dir = tempfile::tempdir().unwrap();
    living(&runtime, dir.path());
}

/// Frames of 200x60 with a thousand instances.
fn drawing() {
    let bar = Bar::AtMost(4.0);
    let mut frames = Frames::new(N);
    frames.paint();
    let whole = Times::of((0..500).map(|_| frames.paint_whole().took));
    told("a whole frame, 200x60, 1,000 instances, p50", whole.part(50), "ms", &Bar::None);
    told("the same, p99", whole.part(99), "ms", &bar);
    let moved = Times::of((0..500).map(|at| frames.key(if at % 80 < 40 { "j" } else { "k" }).took));
    told("a key understood and its frame, p99", moved.part(99), "ms", &bar);
    let news: Vec<_> = (0..200).map(|_| frames.news(N)).collect();
    let taken = Times::of(news.iter().map(|(taken, _)| *taken));
    told("news of all instances taken in, p99", taken.part(99), "ms", &Bar::None);
    let shown = Times::of(news.iter().map(|(_, frame)| frame.took));
    told("and their frame, p99", shown.part(99), "ms", &bar);
    frames.key(":");
    let letters = (0..500).map(|at| frames.key(if at % 2 == 0 { "u" } else { "bs" }).took);
    let letters = Times::of(letters.collect::<Vec<_>>());
    told("a letter of the palette understood and its frame, p99", letters.part(99), "ms", &bar);
}

/// The output of fifty hosts in the store, and of one of a million lines.
async fn output() {
    let dir = tempfile::tempdir().unwrap();
    let outputs = Outputs::new(&dir.path().join("state"), PRINTING).await;
    let took = outputs.pour(20_000, 100).await;
    assert_eq!(outputs.kept().await, 1_000_000, "lines were lost");
    let rate = 1_000_000.0 / took.as_secs_f64();
    told(
        "lines of fifty hosts kept in a second, a million in all, none lost",
        rate,
        "lines/s",
        &Bar::AtLeast(100_000.0),
    );
    let (took, lines) = outputs.merged().await;
    assert_eq!(lines.len(), 1_000_000, "lines were lost");
    told(
        "the same million read as one output in the order of time",
        1_000_000.0 / took.as_secs_f64(),
        "lines/s",
        &Bar::AtLeast(100_000.0),
    );
    drop(lines);
    let dir = tempfile::tempdir().unwrap();
    let outputs = Outputs::new(&dir.path().join("state"), 1).await;
    outputs.pour(1_000_000, 10_000).await;
    let begun = Instant::now();
    let mut book = outputs.book(&outputs.hosts[0]).await;
    told("a million lines read through", begun.elapsed().as_secs_f64() * 1e3, "ms", &Bar::None);
    let mut slowest = Duration::ZERO;
    for at in (0..200_u64).map(|at| at * 4_999) {
        let begun = Instant::now();
        book.window(at, 60).await.unwrap();
        slowest = slowest.max(begun.elapsed());
    }
    let ms = slowest.as_secs_f64() * 1e3;
    told("any part of them, the slowest of 200", ms, "ms", &Bar::None);
    let (searched, sifted) = outputs::searched(&mut book, 999_999).await;
    told("a search through all of them", searched.as_secs_f64() * 1e3, "ms", &Bar::None);
    told("errors only, of all of them", sifted.as_secs_f64() * 1e3, "ms", &Bar::None);
}

/// From the start of the program to its first frame, and to the fleet on it; nothing answers.
fn starting() {
    for n in [12, N] {
        let dir = tempfile::tempdir().unwrap();
        let inventory = screen::dead_fleet(dir.path(), n);
        let (mut first, mut ready) = (Vec::new(), Vec::new());
        for round in 0..15 {
            let begun = Instant::now();
            let mut terminal = screen::opened(&inventory, dir.path(), &[]);
            let painted = terminal.next_frame(0, SOON).unwrap();
            let shown = |screen: &vt100::Screen| screen.contents().contains("host-0001");
            let there = terminal.came(SOON, shown).unwrap();
            // The first one makes the store.
            if round > 0 {
                first.push(painted.saturating_duration_since(begun));
                ready.push(there.saturating_duration_since(begun));
            }
            leave(&mut terminal);
        }
        let (first, ready) = (Times::of(first), Times::of(ready));
        let what = format!("start to first paint, network dead, {n} instances, p50");
        told(&what, first.part(50), "ms", &Bar::AtMost(50.0));
        told("the same, the slowest of 14", first.part(100), "ms", &Bar::AtMost(50.0));
        let what = format!("start to the list of {n} instances, p50");
        told(&what, ready.part(50), "ms", &Bar::AtMost(50.0));
    }
}

fn leave(terminal: &mut Terminal) {
    terminal.keys("q").unwrap();
    terminal.wait_end(SOON).unwrap();
}

/// Keys, idleness and memory of the real program.
fn living(runtime: &tokio::runtime::Runtime, dir: &std::path::Path) {
    let inventory = screen::dead_fleet(dir, N);
    let outputs = runtime.block_on(Outputs::new(&dir.join("state"), PRINTING));
    let mut terminal = screen::opened(&inventory, dir, &[]);
    screen::at_rest(&terminal, "unknown");
    let quiet = Times::of(screen::moved(&mut terminal, 400));
    told("key to paint in quiet, the list of instances, p50", quiet.part(50), "ms", &Bar::None);
    told("the same, p99", quiet.part(99), "ms", &Bar::AtMost(5.0));
    let typed = Times::of(screen::typed(&mut terminal, 15));
    told(
        "key to paint in quiet, letters of the palette, p99",
        typed.part(99),
        "ms",
        &Bar::AtMost(5.0),
    );
    idle(&mut terminal);
    flooded(runtime, &outputs, &mut terminal);
    let pid = terminal.pid().unwrap();
    let rss = screen::memory_mb(pid, "VmRSS");
    told(
        "memory, 1,000 instances that do not answer, after all this",
        rss,
        "MiB",
        &Bar::AtMost(60.0),
    );
    told(
        "the same, the most there was",
        screen::memory_mb(pid, "VmHWM"),
        "MiB",
        &Bar::AtMost(60.0),
    );
    leave(&mut terminal);
    let more = held(N) - held(0);
    told("what facts, figures and trends of 1,000 that answer add", more, "MiB", &Bar::None);
    told("both", rss + more, "MiB", &Bar::AtMost(60.0));
}

/// A minute on a page of which nothing changes.
fn idle(terminal: &mut Terminal) {
    terminal.keys("R").unwrap();
    terminal.wait_for("0001 +running", SOON).unwrap();
    terminal.settle(Duration::from_secs(1));
    let (frames, cpu, begun) = (terminal.frames(), screen::cpu_s(terminal), Instant::now());
    // Nothing is waited for but the time.
    while let Some(left) = Duration::from_mins(1).checked_sub(begun.elapsed()) {
        let _none = terminal.next_frame(usize::MAX, left);
    }
    let drawn = (terminal.frames() - frames) as f64;
    let cpu = (screen::cpu_s(terminal) - cpu) / begun.elapsed().as_secs_f64() * 100.0;
    told(
        "frames in a minute in which nothing changes but the clock",
        drawn,
        "frames",
        &Bar::AtMost(1.0),
    );
    told("CPU in that minute", cpu, "%", &Bar::AtMost(0.2));
}

/// Keys while fifty hosts print: one of them is followed from its file, and then all as one.
fn flooded(runtime: &tokio::runtime::Runtime, outputs: &Outputs, terminal: &mut Terminal) {
    let (stop, poured) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut took, mut all, mut seconds) = (Vec::new(), Vec::new(), 0.0);
    std::thread::scope(|scope| {
        scope.spawn(|| runtime.block_on(outputs.flood(100_000, &stop, &poured)));
        screen::on_run(terminal);
        terminal.keys("L").unwrap();
        terminal.wait_for("log +host-0000 · output of run", SOON).unwrap();
        terminal.wait_for("follow · ", SOON).unwrap();
        let (begun, before) = (Instant::now(), poured.load(Ordering::Relaxed));
        took = screen::typed(terminal, 15);
        terminal.keys("esc").unwrap();
        terminal.wait_gone("output of run", SOON).unwrap();
        terminal.keys("M").unwrap();
        terminal.wait_for("all targets · output of run", SOON).unwrap();
        terminal.wait_for("follow · ", SOON).unwrap();
        all = screen::typed(terminal, 15);
        seconds = begun.elapsed().as_secs_f64();
        poured.fetch_sub(before, Ordering::Relaxed);
        stop.store(true, Ordering::Relaxed);
    });
    let rate = poured.load(Ordering::Relaxed) as f64 / seconds;
    let times = Times::of(took);
    told("lines a second that arrived meanwhile", rate, "lines/s", &Bar::AtLeast(95_000.0));
    told("key to paint under that flood, p50", times.part(50), "ms", &Bar::None);
    told("the same, p99", times.part(99), "ms", &Bar::AtMost(35.0));
    let times = Times::of(all);
    told("the same with all fifty read as one, p50", times.part(50), "ms", &Bar::None);
    told("the same, p99", times.part(99), "ms", &Bar::AtMost(35.0));
}

/// What a process of its own takes that holds so many instances and has drawn them, in MiB.
fn held(n: usize) -> f64 {
    let own = std::env::current_exe().unwrap();
    let out = Command::new(own).args(["--fleet", &n.to_string()]).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().parse().unwrap()
}

fn hold(n: usize) {
    let mut frames = Frames::new(n);
    frames.paint();
    println!("{}", screen::memory_mb(std::process::id(), "VmRSS"));
}
