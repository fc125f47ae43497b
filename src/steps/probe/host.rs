//! The machine: clock, load, memory, disk.

use jiff::{SignedDuration, Timestamp};

use crate::domain::facts::{CpuTime, Disk, System};
use crate::domain::untrusted::Safe;

/// `date +%s.%N`. Where `date` knows no `%N` the middle of the second is taken.
pub(super) fn clock(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let nanoseconds = match fraction.parse::<i32>() {
        Ok(n) if fraction.len() == 9 => n,
        _ => 500_000_000,
    };
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::new(seconds, nanoseconds)).ok()
}

/// `/proc/sys/kernel/random/boot_id`.
pub(super) fn boot_id(text: &str) -> Result<Safe, Safe> {
    let id = text.trim();
    let ok = id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if ok { Ok(Safe::line(id)) } else { Err(Safe::line("boot_id is not an id")) }
}

/// Uptime, load, memory and processors, from `/proc`.
pub(super) fn machine(text: &str) -> Result<System, Safe> {
    let missing = |what: &str| Safe::line(&format!("/proc says nothing of {what}"));
    let first = |key: &str| {
        let mut words = text.lines().find_map(|l| l.strip_prefix(key))?.split_whitespace();
        words.next().map(str::to_owned)
    };
    let number = |key: &str| first(key).and_then(|w| w.parse::<f64>().ok()).filter(|n| *n >= 0.0);
    let kib = |key: &str| first(key).and_then(|w| w.parse::<u64>().ok()?.checked_mul(1024));
    let is_cpu = |l: &&str| {
        l.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let n_cpus = text.lines().filter(is_cpu).count();
    Ok(System {
        uptime_s: number("uptime ").ok_or_else(|| missing("uptime"))?,
        load1: number("load ").ok_or_else(|| missing("load"))?,
        n_cpus: u32::try_from(n_cpus).ok().filter(|&n| n > 0).ok_or_else(|| missing("cpus"))?,
        cpu: text.lines().find_map(|l| l.strip_prefix("cpu ")).and_then(cpu_time),
        mem_total_b: kib("MemTotal:").ok_or_else(|| missing("memory"))?,
        mem_available_b: kib("MemAvailable:").ok_or_else(|| missing("available memory"))?,
    })
}

/// user nice system idle iowait irq softirq steal: idle and iowait are waiting.
fn cpu_time(line: &str) -> Option<CpuTime> {
    let ticks: Vec<u64> =
        line.split_whitespace().take(8).map(str::parse).collect::<Result<_, _>>().ok()?;
    let total = ticks.iter().try_fold(0u64, |sum, &n| sum.checked_add(n))?;
    let waiting = ticks.get(3)?.checked_add(ticks.get(4).copied().unwrap_or(0))?;
    Some(CpuTime { busy: total.checked_sub(waiting)?, total })
}

/// `df -P -k`: a heading and one line, whose mount point may hold spaces.
pub(super) fn disk(text: &str) -> Result<Disk, Safe> {
    let odd = || Safe::line("`df` printed something else than one file system");
    let line = text.lines().nth(1).ok_or_else(odd)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    // Device names may hold spaces too: count from the per cent sign.
    let percent =
        words.iter().position(|w| w.ends_with('%')).filter(|&at| at >= 4).ok_or_else(odd)?;
    let kib = |at: Option<&&str>| at.and_then(|w| w.parse::<u64>().ok()?.checked_mul(1024));
    let mount = words.get(percent + 1..).filter(|m| !m.is_empty()).ok_or_else(odd)?.join(" ");
    let total_b = kib(words.get(percent - 3)).ok_or_else(odd)?;
    let available_b = kib(words.get(percent - 1)).ok_or_else(odd)?;
    // `df` takes the part in use of what users can have: blocks kept for root are no free space.
    Ok(Disk { mount: Safe::line(&mount), total_b, available_b: available_b.min(total_b) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_read_from_proc() {
        let text = "uptime 1882.11 3601.40\nload 1.66 0.92 0.60 2/301 4711\nMemTotal:       24576000 kB\n\
                    MemAvailable:   20000000 kB\ncpu  100 0 50 800 50 0 0 0 0 0\ncpu0 50 0 25 400 25 0 0 0\n\
                    cpu1 50 0 25 400 25 0 0 0\n";
        let system = machine(text).unwrap();
        assert_eq!((system.uptime_s, system.load1, system.n_cpus), (1882.11, 1.66, 2));
        assert_eq!(system.mem_total_b, 24_576_000 * 1024);
        assert_eq!(system.cpu, Some(CpuTime { busy: 150, total: 1000 }));
        let earlier = CpuTime { busy: 50, total: 800 };
        assert_eq!(system.cpu.unwrap().ratio_since(earlier), Some(0.5));
        assert_eq!(earlier.ratio_since(system.cpu.unwrap()), None);
        for cut in ["", "uptime x\n", "uptime 1 2\n", "uptime 1 2\nload 1\nMemTotal: 5 kB\n"] {
            assert!(machine(cut).is_err(), "{cut:?}");
        }
    }

    #[test]
    fn the_disk_is_read_whatever_its_names_hold() {
        let head = "Filesystem     1024-blocks    Used Available Capacity Mounted on\n";
        for (line, mount, available) in [
            ("/dev/vda1         83886080 70000000  10000000      88% /\n", "/", 10_000_000u64),
            ("//nas/my share 100 50 50 50% /mnt/my share\n", "/mnt/my share", 50),
            ("overlay 100 150 0 100% /\n", "/", 0),
        ] {
            let disk = disk(&format!("{head}{line}")).unwrap();
            assert_eq!((disk.mount.as_str(), disk.available_b), (mount, available * 1024));
        }
        for bad in ["", head, "x\n- - - - -\n", "x\na b c 5% /\n", "x\n/dev/x a b c 5% /\n"] {
            assert!(disk(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn time_without_a_fraction_is_the_middle_of_the_second() {
        let at = |text: &str| clock(text).map(Timestamp::as_millisecond);
        assert_eq!(at("1795377371.250000000\n"), Some(1_795_377_371_250));
        assert_eq!(at("1795377371.%N\n"), Some(1_795_377_371_500));
        assert_eq!(at("1795377371\n"), Some(1_795_377_371_500));
        assert_eq!(at("tomorrow"), None);
        assert_eq!(at("99999999999999999999"), None);
    }
}
