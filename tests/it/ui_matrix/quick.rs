//! What a frame of each page costs with a thousand instances.

use std::time::{Duration, Instant};

use super::pages::{all, leads_nowhere, opened};
use super::rules::Seen;
use super::theme;
use super::world::fleets;

const SIZE: (u16, u16) = (200, 60);

#[test]
fn no_page_of_a_thousand_instances_costs_much_more_than_the_list_of_them() {
    let (kind, fleet) = fleets().into_iter().find(|(kind, _)| *kind == "1,000").unwrap();
    let theme = theme();
    let mut took: Vec<(Duration, &str)> = Vec::new();
    for page in all().filter(|page| !leads_nowhere(page, kind)) {
        let model = opened(page, kind, &fleet, SIZE);
        let once = || {
            let began = Instant::now();
            drop(Seen::of(&model, &theme, SIZE));
            began.elapsed()
        };
        took.push(((0..4).map(|_| once()).min().unwrap(), page.name));
    }
    let list = took.iter().find(|(_, name)| *name == "fleet").unwrap().0;
    took.sort();
    let slowest: Vec<String> =
        took.iter().rev().take(12).map(|(took, name)| format!("{name} {took:.1?}")).collect();
    eprintln!("the list {list:.1?}; the slowest: {}", slowest.join(", "));
    let slow: Vec<_> = took.iter().filter(|(took, _)| *took > list * 4).collect();
    assert!(slow.is_empty(), "the list takes {list:?}, these much more: {slow:?}");
}
