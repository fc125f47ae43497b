//! `cargo bench --bench fanout`: what a workflow on fifty hosts costs, beside the floor in the same run.
//!
//! The hosts are those of the lab with the real `sshd` in front of each, on a loopback address of its own and in a
//! folder of its own; Docker is the lab's stand-in, so the steps cost next to nothing and what is left is the price of
//! the tool. The **floor** is the plan's own steps as one bare script a host, by `ssh` over warm masters: nothing that
//! runs these steps over SSH can be cheaper. Control side and hosts share this machine, so compare by ratio.
//!
//! Options: `--hosts N`, `--rounds N`, `--rtt MS` (a round trip put in between), `--peers` (pyinfra and Ansible too).
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a bench prints its figures and fails by panicking"
)]

mod control;
mod delay;
mod fleet;
mod floor;
mod peers;
mod tools;

#[expect(
    dead_code,
    unreachable_pub,
    unused_imports,
    let_underscore_drop,
    reason = "the demo and the tests use parts that the bench does not"
)]
#[path = "../../lab/mod.rs"]
mod lab;

use std::time::Duration;

use control::Cost;
use fleet::Fleet;
use tools::Tool;

/// What is asked for on the command line.
struct Wanted {
    hosts: usize,
    rounds: usize,
    rtt_ms: u64,
    peers: bool,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        // The measured side of a round, in a process of its own.
        Some("--control") => return control::run(&args[1..]),
        Some("--control-masters") => return control::run_with_masters(&args[1..]),
        Some("--floor") => return floor::run(&args[1..]),
        _ => {}
    }
    let number = |name: &str, usual: u64| {
        let at = args.iter().position(|arg| arg == name);
        at.and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(usual)
    };
    let wanted = Wanted {
        hosts: number("--hosts", 50) as usize,
        rounds: number("--rounds", 3) as usize,
        rtt_ms: number("--rtt", 0),
        peers: args.iter().any(|arg| arg == "--peers"),
    };
    for rtt_ms in if wanted.rtt_ms == 0 { vec![0, 50] } else { vec![wanted.rtt_ms] } {
        measure(&wanted, rtt_ms);
    }
}

/// One table: all tools in turn, `rounds` times, each from the same state of the hosts.
fn measure(wanted: &Wanted, rtt_ms: u64) {
    let Some(fleet) = Fleet::start(wanted.hosts, Duration::from_millis(rtt_ms)) else {
        println!("fanout: left out, since there is no sshd on this machine");
        return;
    };
    let plan = fleet.plan();
    let n_steps = plan.hosts[0].steps().count();
    println!(
        "\nfanout: upgrade of {} hosts, {n_steps} steps each, {rtt_ms} ms of round trip",
        wanted.hosts
    );
    let mut tools =
        vec![Tool::Floor, Tool::BunkerWarm, Tool::BunkerOpen, Tool::BunkerCold, Tool::FloorCold];
    if wanted.peers {
        tools.extend([Tool::Pyinfra, Tool::Ansible]);
    }
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); tools.len()];
    for round in 0..wanted.rounds {
        for (tool, costs) in tools.iter().zip(&mut costs) {
            // What takes minutes is measured once.
            if round > 0 && matches!(tool, Tool::Pyinfra | Tool::Ansible) {
                continue;
            }
            fleet.reset();
            match tool.run(&fleet, &plan) {
                Ok(cost) => {
                    fleet.assert_upgraded();
                    eprintln!(
                        "  {:<44} wall {:6.2} s  control CPU {:6.2} s",
                        tool.name(),
                        cost.wall_s,
                        cost.cpu_s
                    );
                    costs.push(cost);
                }
                Err(why) => eprintln!("  {:<44} left out: {why}", tool.name()),
            }
        }
    }
    table(&tools, &costs);
}

fn table(tools: &[Tool], costs: &[Vec<Cost>]) {
    let median = |costs: &[Cost], of: fn(&Cost) -> f64| {
        let mut all: Vec<f64> = costs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    };
    let base = (median(&costs[0], |c| c.wall_s), median(&costs[0], |c| c.cpu_s));
    println!("| what | wall s | x floor | control CPU s | x floor |\n|---|---|---|---|---|");
    for (tool, costs) in tools.iter().zip(costs) {
        let figures = (median(costs, |c| c.wall_s), median(costs, |c| c.cpu_s));
        let (Some(wall), Some(cpu)) = figures else { continue };
        let ratio = |figure: f64, base: Option<f64>| base.map_or(f64::NAN, |base| figure / base);
        println!(
            "| {} | {wall:.2} | {:.2} | {cpu:.2} | {:.2} |",
            tool.name(),
            ratio(wall, base.0),
            ratio(cpu, base.1)
        );
    }
}
