//! What a frame of each page costs with a thousand instances.

use std::time::{Duration, Instant};

use bunker_ops::app::Model;
use bunker_ops::ui::Theme;

use super::pages::{all, leads_nowhere, opened};
use super::rules::Seen;
use super::theme;
use super::world::fleets;

const SIZE: (u16, u16) = (200, 60);

/// The shortest of some frames, and of many where that is more than `enough`: other work on the machine makes a frame
/// longer, never shorter.
fn shortest(model: &Model, theme: &Theme, enough: Duration) -> Duration {
    let mut best = Duration::MAX;
    for at in 0..60 {
        if at >= 4 && best <= enough {
            break;
        }
        let began = Instant::now();
        drop(Seen::of(model, theme, SIZE));
        best = best.min(began.elapsed());
    }
    best
}

#[test]
fn no_page_of_a_thousand_instances_costs_much_more_than_the_list_of_them() {
    let (kind, fleet) = fleets().into_iter().find(|(kind, _)| *kind == "1,000").unwrap();
    let theme = theme();
    let pages: Vec<_> = all().filter(|page| !leads_nowhere(page, kind)).collect();
    let list = pages.iter().find(|page| page.name == "fleet").unwrap();
    let list = shortest(&opened(list, kind, &fleet, SIZE), &theme, Duration::MAX);
    let measured = |page: &&super::Page| {
        (shortest(&opened(page, kind, &fleet, SIZE), &theme, list * 4), page.name)
    };
    let mut took: Vec<(Duration, &str)> = pages.iter().map(measured).collect();
    took.sort();
    let slowest: Vec<String> =
        took.iter().rev().take(12).map(|(took, name)| format!("{name} {took:.1?}")).collect();
    eprintln!("the list {list:.1?}; the slowest: {}", slowest.join(", "));
    let slow: Vec<_> = took.iter().filter(|(took, _)| *took > list * 4).collect();
    assert!(slow.is_empty(), "the list takes {list:?}, these much more: {slow:?}");
}
