//! The same work for each of many hosts, on all cores: a thousand of them are read while somebody waits for the screen.

use std::panic::resume_unwind;
use std::thread::{available_parallelism, scope};

use crate::domain::inventory::Problems;

/// So few are done as soon as a thread has begun.
const FEW: usize = 64;
/// Threads at most.
const MOST: usize = 8;

/// What `work` makes of each, in order; problems are told as if it had been done one after the other.
pub(super) fn side_by_side<T: Send, R: Send>(
    items: &mut [T],
    problems: &mut Problems,
    work: impl Fn(&mut T, &mut Problems) -> R + Sync,
) -> Vec<R> {
    let n_threads = available_parallelism().map_or(1, usize::from).min(MOST);
    if items.len() <= FEW || n_threads == 1 {
        return items.iter_mut().map(|item| work(item, problems)).collect();
    }
    let part = |items: &mut [T]| {
        let mut own = Problems::default();
        let made: Vec<R> = items.iter_mut().map(|item| work(item, &mut own)).collect();
        (made, own)
    };
    let n = items.len().div_ceil(n_threads);
    scope(|scope| {
        let parts: Vec<_> = items.chunks_mut(n).map(|items| scope.spawn(|| part(items))).collect();
        let mut all = Vec::new();
        for begun in parts {
            let (made, own) = begun.join().unwrap_or_else(|panic| resume_unwind(panic));
            all.extend(made);
            problems.take(own);
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::inventory::Place;

    #[test]
    fn many_are_done_in_order_and_their_problems_are_told_once_each() {
        for n in [0, 1, FEW, FEW + 1, 1_000] {
            let mut items: Vec<usize> = (0..n).collect();
            let mut problems = Problems::default();
            let at = Place::file(&"hosts.yml".into());
            let made = side_by_side(&mut items, &mut problems, |item, problems| {
                *item += 1;
                problems.lose(&format!("h{item}").parse().unwrap(), &at, "no".into(), None);
                if *item == n {
                    problems.fatal(&at, "the last", None);
                }
                *item * 2
            });
            assert_eq!(made, (1..=n).map(|item| item * 2).collect::<Vec<_>>());
            assert_eq!(problems.is_fatal(), n > 0);
            let told: Vec<String> =
                problems.into_diagnostics().iter().map(|d| d.message.to_string()).collect();
            assert_eq!(told.len(), 2.min(2 * n), "{told:?}");
            assert!(n < 4 || told[0].contains("h1, h2, h3"), "{told:?}");
        }
    }
}
