//! How many tiles and how many names fit on a wall, and how large: 1 to 1,000 instances.
//!
//! **Invariant:** whatever does not fit has its turn on a page of its own; nothing is left out.

use std::cmp::Reverse;

/// A tile is at least this wide.
const TILE_W: u16 = 24;
/// A tile is at most this wide and high: what is larger is no better read.
const TILE_MOST: (u16, u16) = (100, 12);
/// The least rows of a tile: its name, and why.
const TILE_H: u16 = 3;
/// Rows of a tile that say all that a tile says.
const TILE_WHOLE: u16 = 6;

/// Equal places, column by row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Grid {
    /// Places beside one another.
    pub(super) columns: u16,
    /// Places above one another.
    pub(super) rows: u16,
    /// Width of a place.
    pub(super) w: u16,
    /// Height of a place.
    pub(super) h: u16,
}

impl Grid {
    /// Places of one page.
    pub(super) fn places(self) -> usize {
        usize::from(self.columns) * usize::from(self.rows)
    }

    /// Pages that `n` things take.
    pub(super) fn pages(self, n: usize) -> usize {
        n.div_ceil(self.places().max(1)).max(1)
    }

    /// Rows that `n` things take on their page.
    pub(super) fn used(self, n: usize) -> u16 {
        let rows = n.min(self.places()).div_ceil(usize::from(self.columns.max(1)));
        u16::try_from(rows).unwrap_or(self.rows).min(self.rows) * self.h
    }
}

/// The two parts of a wall: tiles above, names below.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// Tiles.
    pub(super) tiles: Grid,
    /// Names with their sign, one a row.
    pub(super) names: Grid,
    /// Whether the quiet ones stand in tiles too.
    pub(super) all_tiles: bool,
}

/// Shares `w` by `h` among `loud` instances, which stand in tiles, and `quiet` ones, whose names are at most `longest` wide.
pub(super) fn share(w: u16, h: u16, loud: usize, quiet: usize, longest: u16) -> Layout {
    if loud == 0 && quiet > 0 {
        let tiles = tiles(w, h, quiet);
        if tiles.pages(quiet) == 1 && tiles.h >= TILE_WHOLE - 1 {
            return Layout { tiles, names: Grid::default(), all_tiles: true };
        }
    }
    let cell = (longest + 4).clamp(12, 28).min(w.max(1));
    let columns = (w / cell).max(1);
    let names = |h: u16| Grid { columns, rows: h, w: w / columns, h: 1 };
    if loud == 0 {
        return Layout { tiles: Grid::default(), names: names(h), all_tiles: false };
    }
    let wanted = u16::try_from(quiet.div_ceil(usize::from(columns))).unwrap_or(u16::MAX);
    // The quiet ones have what the loud ones leave when each of those says all, and never less than a fifth.
    let whole = tiles(w, h, loud).used(loud).min(h);
    let comfortable = u16::try_from(loud.div_ceil(usize::from((w / TILE_W).max(1))))
        .unwrap_or(u16::MAX)
        .saturating_mul(TILE_WHOLE);
    let left = h.saturating_sub(comfortable.min(whole)).saturating_sub(1);
    let rows = match quiet {
        0 => 0,
        _ => wanted.min(left.max(h / 5)).min(h.saturating_sub(TILE_H + 1)),
    };
    let above = if rows > 0 { h - rows - 1 } else { h };
    Layout { tiles: tiles(w, above, loud), names: names(rows), all_tiles: false }
}

/// How well a grid is read: its score, how few places stay empty, whether it has no more columns than things.
type Rank = (u32, Reverse<usize>, bool);

/// The largest tiles of which `n` fit; where not all do at the least size, as many of that size as fit.
fn tiles(w: u16, h: u16, n: usize) -> Grid {
    let most = (w / TILE_W).max(1);
    let mut best: Option<(Rank, Grid)> = None;
    for columns in 1..=most {
        let rows = n.div_ceil(usize::from(columns)).max(1);
        let Ok(rows) = u16::try_from(rows) else { continue };
        let grid = Grid {
            columns,
            rows,
            w: (w / columns).min(TILE_MOST.0),
            h: (h / rows).min(TILE_MOST.1),
        };
        if grid.h < TILE_H {
            continue;
        }
        // A tile is read best when it is some four times as wide as high.
        let score = u32::from(grid.w.min(grid.h * 5)) * u32::from(grid.h.min(grid.w / 3 + 1));
        // Of what is read as well, the one without holes, then the one that uses the width: a wall is looked at from left
        // to right, not down its edge.
        let holes = grid.places().saturating_sub(n);
        let rank = (score, Reverse(holes), usize::from(columns) <= n.max(1));
        if best.is_none_or(|(known, _)| rank >= known) {
            best = Some((rank, grid));
        }
    }
    let least = || {
        let h_each = if h >= 4 { 4 } else { TILE_H.min(h.max(1)) };
        Grid { columns: most, rows: (h / h_each).max(1), w: w / most, h: h_each }
    };
    best.map_or_else(least, |(_, grid)| grid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_a_place_on_some_page_and_no_part_exceeds_the_whole() {
        for (w, h) in [(38, 5), (78, 16), (118, 30), (198, 50), (498, 140), (20, 1), (0, 0)] {
            for loud in [0, 1, 3, 12, 40, 1_000] {
                for quiet in [0, 1, 9, 40, 1_000] {
                    let l = share(w, h, loud, quiet, 14);
                    let what = format!("{loud} and {quiet} in {w}x{h}: {l:?}");
                    let (in_tiles, in_names) =
                        if l.all_tiles { (loud + quiet, 0) } else { (loud, quiet) };
                    assert!(l.tiles.pages(in_tiles) * l.tiles.places() >= in_tiles, "{what}");
                    if h >= 6 && w >= 24 {
                        assert!(l.names.pages(in_names) * l.names.places() >= in_names, "{what}");
                        let gap = u16::from(in_tiles > 0 && in_names > 0);
                        let used = l.tiles.rows * l.tiles.h + l.names.rows + gap;
                        assert!(used <= h, "{used} rows: {what}");
                    }
                    assert!(l.tiles.columns * l.tiles.w <= w && l.names.columns * l.names.w <= w);
                }
            }
        }
    }

    #[test]
    fn problems_are_large_and_a_thousand_fit() {
        let l = share(198, 48, 3, 9, 14);
        assert!(l.tiles.h >= 10 && l.tiles.pages(3) == 1 && l.names.pages(9) == 1, "{l:?}");
        assert_eq!((l.tiles.columns, l.tiles.rows), (3, 1), "side by side: {l:?}");
        let l = share(198, 48, 4, 8, 14);
        assert_eq!((l.tiles.columns, l.tiles.rows), (2, 2), "no hole: {l:?}");
        assert!(l.tiles.w > 90, "and no edge left over: {l:?}");
        let l = share(198, 48, 40, 960, 9);
        assert!(l.tiles.pages(40) <= 2 && l.names.pages(960) <= 8, "{l:?}");
        let l = share(198, 48, 0, 1_000, 9);
        assert!(!l.all_tiles && l.names.pages(1_000) <= 2, "{l:?}");
        assert!(share(118, 30, 0, 12, 14).all_tiles);
    }
}
