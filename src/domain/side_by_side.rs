//! The same work for each of many, on all cores: a thousand hosts are read and judged while somebody waits for the screen.

use std::panic::resume_unwind;
use std::thread::{available_parallelism, scope};

/// So few are done as soon as a thread has begun.
const FEW: usize = 64;
/// Threads at most.
const MOST: usize = 8;

/// What `work` makes of each, in order. A panic in it goes on in the caller.
pub fn side_by_side<T: Send, R: Send>(
    items: &mut [T],
    work: impl Fn(&mut T) -> R + Sync,
) -> Vec<R> {
    let n_threads = available_parallelism().map_or(1, usize::from).min(MOST);
    if items.len() <= FEW || n_threads == 1 {
        return items.iter_mut().map(work).collect();
    }
    let part = |items: &mut [T]| -> Vec<R> { items.iter_mut().map(&work).collect() };
    let n = items.len().div_ceil(n_threads);
    scope(|scope| {
        let parts: Vec<_> = items.chunks_mut(n).map(|items| scope.spawn(|| part(items))).collect();
        let joined = |begun: std::thread::ScopedJoinHandle<'_, Vec<R>>| {
            begun.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        parts.into_iter().flat_map(joined).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_done_once_each_and_given_in_order() {
        for n in [0, 1, FEW, FEW + 1, 1_000] {
            let mut items: Vec<usize> = (0..n).collect();
            let made = side_by_side(&mut items, |item| {
                *item += 1;
                *item * 2
            });
            assert_eq!(items, (1..=n).collect::<Vec<_>>());
            assert_eq!(made, (1..=n).map(|item| item * 2).collect::<Vec<_>>());
        }
    }
}
