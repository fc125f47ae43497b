//! Whether one group of numbers tends to be larger than another: Mann and Whitney's U test.
//!
//! Sources: Mann and Whitney 1947 (the exact distribution, by its generating function); Siegel and Castellan 1988,
//! 6.4 (the normal approximation with the correction for ties); Abramowitz and Stegun 7.1.6 and 7.1.14 (the
//! tail of the normal distribution). `tests/it/canary_statistics` has what `scipy` says of the same
//! numbers, and how it was asked.

/// With a group of at most so many and no two equal numbers, all orders are counted: `scipy` draws the line there too.
const EXACT_UP_TO: usize = 8;
/// The most pairs for which all orders are counted; beyond, the approximation is as good.
const EXACT_PAIRS: usize = 10_000;

/// What the test says of two groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// Pairs in which the number of the first group is the larger; an equal one counts half.
    pub u: f64,
    /// How likely so large a `u` is where both groups come from the same source.
    pub p_larger: f64,
    /// Whether all orders were counted; else it is the normal approximation.
    pub exact: bool,
    /// Standard deviation of `u`, corrected for ties.
    pub deviation: f64,
}

/// Compares two groups of finite numbers, neither empty; `None` where one is.
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Option<MannWhitney> {
    let (n, m) = (first.len(), second.len());
    if n == 0 || m == 0 {
        return None;
    }
    let (rank_sum, ties) = ranks(first, second);
    let (n_f, m_f) = (n as f64, m as f64);
    let u = rank_sum - n_f * (n_f + 1.0) / 2.0;
    let all = n_f + m_f;
    let deviation = (n_f * m_f / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)).max(1.0))).sqrt();
    let exact = ties < 0.5 && n.min(m) <= EXACT_UP_TO && n * m <= EXACT_PAIRS;
    let p_larger = if exact {
        exact_upper(n, m, u)
    } else if deviation > 0.0 {
        // Half a step towards the middle: `u` comes in steps.
        normal_upper((u - n_f * m_f / 2.0 - 0.5) / deviation)
    } else {
        1.0
    };
    Some(MannWhitney { u, p_larger, exact, deviation })
}

/// The sum of the first group's ranks among all, equal numbers sharing the mean of theirs, and the sum of t³ - t
/// over the ties.
fn ranks(first: &[f64], second: &[f64]) -> (f64, f64) {
    // Adding 0 makes a negative zero a plain one, to which it is equal.
    let ours = first.iter().map(|v| (v + 0.0, true));
    let mut all: Vec<(f64, bool)> = ours.chain(second.iter().map(|v| (v + 0.0, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut sum, mut ties, mut before) = (0.0, 0.0, 0.0);
    for equal in all.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let t = equal.len() as f64;
        let n_ours = equal.iter().filter(|(_, ours)| *ours).count() as f64;
        sum += n_ours * (before + f64::midpoint(t, 1.0));
        ties += t * t * t - t;
        before += t;
    }
    (sum, ties)
}

/// The part of all orders of `n` and `m` numbers whose U is at least `u`.
fn exact_upper(n: usize, m: usize, u: f64) -> f64 {
    let (few, many) = (n.min(m), n.max(m));
    let counts = orders(few, many);
    let total: f64 = counts.iter().map(|c| *c as f64).sum();
    let from = u.round().max(0.0) as usize;
    // U is spread alike on both sides of its middle, so the lower tail serves, whose sums are small.
    let mirrored = (n * m + 1).saturating_sub(from);
    counts.iter().take(mirrored).map(|c| *c as f64).sum::<f64>() / total
}

/// How many orders of `few` and `many` numbers have each U: the coefficients of the product of
/// `(1 - q^(many + i)) / (1 - q^i)`.
fn orders(few: usize, many: usize) -> Vec<i128> {
    let mut counts = vec![0_i128; few * many + 1];
    if let Some(first) = counts.first_mut() {
        *first = 1;
    }
    for i in 1..=few {
        for at in (many + i..counts.len()).rev() {
            let lower = counts.get(at - many - i).copied().unwrap_or(0);
            if let Some(count) = counts.get_mut(at) {
                *count -= lower;
            }
        }
        for at in i..counts.len() {
            let lower = counts.get(at - i).copied().unwrap_or(0);
            if let Some(count) = counts.get_mut(at) {
                *count += lower;
            }
        }
    }
    counts
}

/// The part of the normal distribution above `z`.
pub fn normal_upper(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let beyond = if x < 3.0 { 1.0 - erf_by_series(x) } else { erfc_by_fraction(x) };
    if z >= 0.0 { beyond / 2.0 } else { 1.0 - beyond / 2.0 }
}

fn erf_by_series(x: f64) -> f64 {
    let (mut term, mut sum, mut k) = (x, x, 0.0);
    while term > sum * 1e-17 {
        k += 1.0;
        term *= 2.0 * x * x / (2.0 * k + 1.0);
        sum += term;
    }
    2.0 / std::f64::consts::PI.sqrt() * (-x * x).exp() * sum
}

fn erfc_by_fraction(x: f64) -> f64 {
    let below = (1..=80).rev().fold(x, |below, k| x + f64::from(k) / 2.0 / below);
    (-x * x).exp() / std::f64::consts::PI.sqrt() / below
}

/// Numbers in order.
pub(super) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The middle of numbers; `None` where there is none.
pub fn median(values: &[f64]) -> Option<f64> {
    let (sorted, n) = (sorted(values), values.len());
    Some(f64::midpoint(*sorted.get(n.saturating_sub(1) / 2)?, *sorted.get(n / 2)?))
}
