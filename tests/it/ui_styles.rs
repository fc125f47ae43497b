//! What has which role: text alone does not tell a state's colour, the selection, or what is quiet.

use bunker_ops::app::{Model, Msg, update};
use bunker_ops::domain::accent::Accent;
use bunker_ops::domain::capability::Operate;
use bunker_ops::tui::Picture;
use bunker_ops::ui::theme::{BUILTIN, Role};
use bunker_ops::ui::{Depth, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};

use crate::ui_world::{cockpit, press, twelve};

fn open() -> Model {
    let mut model = cockpit(120, 40, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(twelve()));
    model
}

/// The first cell of this text.
fn at<'a>(buf: &'a Buffer, words: &str) -> (&'a Cell, u16, u16) {
    let width = usize::from(buf.area.width);
    for (y, row) in buf.content.chunks(width).enumerate() {
        let line: Vec<&str> = row.iter().map(Cell::symbol).collect();
        let wanted: Vec<String> = words.chars().map(|c| c.to_string()).collect();
        let found =
            line.windows(wanted.len()).position(|w| w.iter().zip(&wanted).all(|(a, b)| *a == b));
        if let Some(x) = found {
            return (&row[x], u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
        }
    }
    panic!("no {words:?}");
}

fn has(cell: &Cell, style: Style) -> bool {
    style.fg.is_none_or(|fg| cell.fg == fg) && cell.modifier.contains(style.add_modifier)
}

#[test]
fn every_state_has_the_look_of_its_role_in_every_theme_and_depth() {
    let model = open();
    for (name, _) in BUILTIN {
        for depth in [Depth::True, Depth::Ansi256, Depth::Ansi16, Depth::Mono] {
            let theme = Theme::builtin(name, depth);
            let picture = Picture::of(&model, &theme);
            let buf = picture.buffer();
            for (words, role) in [
                ("▲ red-deer", Role::Degraded),
                ("? leduc-test", Role::Unknown),
                ("● airdrie", Role::Healthy),
                ("╭─ Instances", Role::BorderFocus),
                ("╭─ Why", Role::Border),
                ("INSTANCE", Role::Heading),
                ("u upgrade", Role::Key),
            ] {
                let (cell, ..) = at(buf, words);
                assert!(has(cell, theme.style(role)), "{words} in {name} at {depth:?}: {cell:?}");
            }
            // The selected row has its band from one end to the other, and its sign.
            let (sign, x, y) = at(buf, "▌");
            assert!(has(sign, theme.style(Role::Accent)), "{name}");
            let band = theme.style(Role::Selection);
            let mut row = (x..118).map(|x| &buf[(x, y)]);
            match band.bg {
                Some(bg) => assert!(row.all(|cell| cell.bg == bg), "{name} {depth:?}"),
                None => assert!(band.add_modifier != Modifier::empty(), "{name} {depth:?}"),
            }
        }
    }
}

#[test]
fn a_healthy_fleet_is_quiet() {
    let mut model = cockpit(120, 40, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(crate::ui_world::many(20)));
    let theme = Theme::builtin("dark", Depth::True);
    let picture = Picture::of(&model, &theme);
    let loud =
        [Role::Down, Role::Degraded, Role::Unknown].map(|role| theme.style(role).fg.unwrap());
    let shouting = picture
        .buffer()
        .content
        .iter()
        .filter(|cell| cell.symbol() != " " && loud.contains(&cell.fg));
    let charts: Vec<&str> =
        shouting.map(Cell::symbol).filter(|s| !"▁▂▃▄▅▆▇█".contains(s)).collect();
    assert!(charts.is_empty(), "nothing shouts where nothing is wrong: {charts:?}");
}

#[test]
fn the_colour_of_the_fleet_covers_the_first_line_and_can_be_read() {
    let mut model = open();
    let mut fleet = (*twelve()).clone();
    for (text, ink) in [("red", Color::Rgb(255, 255, 255)), ("yellow", Color::Rgb(0, 0, 0))] {
        let accent: Accent = text.parse().unwrap();
        fleet.accent = Some(accent);
        update(&mut model, Msg::Fleet(std::sync::Arc::new(fleet.clone())));
        press(&mut model, "R");
        let (r, g, b) = accent.rgb;
        let picture = Picture::of(&model, &Theme::builtin("light", Depth::True));
        for x in 0..120 {
            let cell = &picture.buffer()[(x, 0)];
            assert_eq!((cell.bg, cell.fg), (Color::Rgb(r, g, b), ink), "column {x}");
        }
        assert_ne!(picture.buffer()[(0, 1)].bg, Color::Rgb(r, g, b));
        let plain = Picture::of(&model, &Theme::builtin("light", Depth::Mono));
        assert!(
            plain.buffer()[(5, 0)].modifier.contains(Modifier::REVERSED),
            "told without colour"
        );
        press(&mut model, "esc");
    }
}

#[test]
fn sixteen_colours_are_those_of_the_terminal_only() {
    let model = open();
    for (name, _) in BUILTIN {
        let picture = Picture::of(&model, &Theme::builtin(name, Depth::Ansi16));
        for cell in &picture.buffer().content {
            for color in [cell.fg, cell.bg] {
                assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{name}: {cell:?}");
            }
        }
    }
}
