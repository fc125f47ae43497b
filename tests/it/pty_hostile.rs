//! What really goes to the terminal while a fleet is looked at whose every text is hostile: each byte of it is one that we mean
//! to send. The list of what is meant is [`allowed`].

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use portable_pty::CommandBuilder;

use crate::lab::terminal::Terminal;
use crate::lab::{HostSpec, Lab, Options, PaperHost};
use crate::pty_life::{LONG, PLACES, SOON};

/// What a text may hold that wants to steer a terminal. The words before and behind are harmless, and seen.
const HOSTILE: &[u8] = b"\x1b[2J\x1b[1;1H\x1b]0;owned\x07\x1b]8;;http://evil/\x1b\\\x1b]52;c;b3duZWQ=\x07\x1bP$qm\x1b\\\x1b_Gi=1;evil\x1b\\\
    \x1b^evil\x1b\\\x1bXevil\x1b\\\x1b[6n\x1b[c\x1b[>c\x1b[?1049l\x1b[201~\x1b[?1003h\x1b[5;1r\x1bc\x1b#8\x1b(0\x07\x08\x0e\x0f\x05\x7f\
    \x9b31m\x9d0;owned\x9c\x90q\x9c\xc2\x9b2J\xc2\x9d0;owned\xc2\x9c\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8b\xe2\x80\x8f\xef\xbb\xbf\xf3\xa0\x81\x81\xff\xfe";

/// What ends a frame.
const FRAME: &[u8] = b"\x1b[?2026l";

/// Such a text between two words.
fn hostile(begin: &str) -> Vec<u8> {
    [begin.as_bytes(), HOSTILE, b"-end"].concat()
}

/// The same without what is no UTF-8: where that is refused, or read by a stand-in that takes nothing else.
fn hostile_text(begin: &str) -> String {
    String::from_utf8_lossy(&hostile(begin)).replace('\u{fffd}', "")
}

/// A sequence of a terminal as ECMA-48 has them, or a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// A sign that is shown.
    Sign(char),
    /// A control character.
    Control(u8),
    /// `ESC [`, parameters, intermediates, and the final byte.
    Csi(String),
    /// `ESC ]` to its end.
    Osc(String),
    /// `ESC P` to its end.
    Dcs(String),
    /// `ESC` and something else.
    Escape(char),
}

/// Parts what was written. Strict: what is no UTF-8, or has no end, is an error.
fn pieces(raw: &[u8]) -> Result<Vec<Piece>, String> {
    let text = std::str::from_utf8(raw).map_err(|error| {
        let at = error.valid_up_to();
        format!("no UTF-8 at {at}: {:?}", &raw[at.saturating_sub(40)..raw.len().min(at + 10)])
    })?;
    let (mut found, mut rest) = (Vec::new(), text.chars().peekable());
    while let Some(c) = rest.next() {
        if c != '\x1b' {
            let control = u8::try_from(c).ok().filter(|_| c.is_ascii_control());
            found.push(control.map_or(Piece::Sign(c), Piece::Control));
            continue;
        }
        match rest.next() {
            Some('[') => {
                let mut body = String::new();
                loop {
                    let c = rest.next().ok_or("a CSI without an end")?;
                    body.push(c);
                    match c {
                        ' '..='?' => {}
                        '@'..='~' => break,
                        _ => return Err(format!("a CSI with {c:?}: {body:?}")),
                    }
                }
                found.push(Piece::Csi(body));
            }
            Some(open @ (']' | 'P' | '_' | '^' | 'X')) => {
                let mut body = String::new();
                loop {
                    match rest.next().ok_or("a string without an end")? {
                        '\x07' if open == ']' => break,
                        // Within tmux's own string an escape is doubled.
                        '\x1b' if open == 'P' && rest.peek() == Some(&'\x1b') => {
                            rest.next();
                            body.push('\x1b');
                        }
                        '\x1b' if rest.peek() == Some(&'\\') => {
                            rest.next();
                            break;
                        }
                        '\x1b' => return Err(format!("an escape in a string: {body:?}")),
                        c => body.push(c),
                    }
                }
                found.push(match open {
                    ']' => Piece::Osc(body),
                    'P' => Piece::Dcs(body),
                    _ => Piece::Escape(open),
                });
            }
            Some(c) => found.push(Piece::Escape(c)),
            None => return Err("an escape at the end".into()),
        }
    }
    Ok(found)
}

/// Whether a sign may be seen: nothing that turns the writing round or cannot be seen at all.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether the program means to send this, and why; `copied` is whether `y` was pressed.
fn allowed(piece: &Piece, copied: bool) -> Option<&'static str> {
    let numbers = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b';');
    match piece {
        Piece::Sign(c) => is_plain(*c).then_some("a sign of the screen"),
        // The shell's own lines before and behind the screen; the cockpit moves the cursor instead.
        Piece::Control(b'\r' | b'\n') => Some("the end of a line"),
        Piece::Csi(body) => match body.as_str() {
            "?1049h" | "?1049l" => Some("the alternate screen, taken and given back"),
            "?25h" | "?25l" => Some("the cursor, hidden and shown"),
            "?2004h" | "?2004l" => Some("pasted text comes marked as such"),
            "?2026h" | "?2026l" => Some("a frame is shown whole"),
            "2J" => Some("the screen is emptied before it is drawn whole"),
            "K" => Some("the rest of a line is emptied"),
            "c" => Some(
                "asked behind OSC 11: every terminal answers this, so nobody waits for one that does not know the other",
            ),
            _ => match body.strip_suffix('m').or_else(|| body.strip_suffix('H')) {
                Some(of) if numbers(of) => Some("colours, and where to write"),
                _ => None,
            },
        },
        Piece::Osc(body) if body == "11;?" => {
            Some("asks what the background is, once, before anything is drawn")
        }
        Piece::Osc(body) => {
            let text = body.strip_prefix("52;c;").filter(|_| copied)?;
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
            text.bytes().all(plain).then_some("what `y` copies, for the clipboard")
        }
        // Only tmux is spoken to by a device control string, and it is not there.
        Piece::Control(_) | Piece::Escape(_) | Piece::Dcs(_) => None,
    }
}

/// Every piece that was not meant, with what stands before it.
fn unmeant(raw: &[u8], copied: bool) -> Vec<String> {
    let pieces = match pieces(raw) {
        Ok(pieces) => pieces,
        Err(error) => return vec![error],
    };
    let bad = pieces.iter().enumerate().filter(|(_, piece)| allowed(piece, copied).is_none());
    let told = bad.map(|(at, piece)| {
        let before = pieces[at.saturating_sub(60)..at].iter();
        let before: String =
            before.filter_map(|p| if let Piece::Sign(c) = p { Some(*c) } else { None }).collect();
        format!("{piece:?} behind {before:?}")
    });
    told.take(10).collect()
}

/// The hostile text within a string of JSON, as a careful writer of JSON would put it there.
fn in_json(begin: &str) -> String {
    let text = hostile_text(begin);
    let units = |c: char| {
        let mut units = [0; 2];
        let of = c.encode_utf16(&mut units).iter();
        of.map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat()
    };
    let plain = |c: char| (' '..='~').contains(&c) && c != '"' && c != '\\';
    text.chars().map(|c| if plain(c) { c.to_string() } else { units(c) }).collect()
}

/// Makes what this host says hostile: its docker prints it as the name of a container, into logs and into what a build says and fails with;
/// its health page and its settings have it, too.
fn turn(host: &PaperHost) {
    let dir = host.dir();
    let shared = fs::canonicalize(dir.join("bin")).unwrap();
    fs::remove_file(dir.join("bin")).unwrap();
    fs::create_dir(dir.join("bin")).unwrap();
    for program in fs::read_dir(&shared).unwrap().flatten() {
        if program.file_name() != "docker" {
            symlink(program.path(), dir.join("bin").join(program.file_name())).unwrap();
        }
    }
    let quoted =
        |begin: &str| in_json(begin).replace('\\', "\\\\").replace('/', "\\/").replace('&', "\\&");
    let fields = ["Service", "Name", "Image"].map(|field| {
        let text = quoted(&format!("{}-", field.to_lowercase()));
        format!("s/\"{field}\":\"[^\"]*\"/\"{field}\":\"{text}\"/\n")
    });
    let names = format!("/\"Service\":\"redis\"/{{\n{}}}\n", fields.concat());
    fs::write(dir.join("names.sed"), names).unwrap();
    fs::write(dir.join("line"), [hostile("line-"), b"\n".to_vec()].concat()).unwrap();
    let script = format!(
        "#!/bin/sh\nreal='{}/docker'\ncase \" $* \" in\n*' logs '*) cat \"$BUNKER_LAB_HOST/line\" ;;\n\
         *' build '*) cat \"$BUNKER_LAB_HOST/line\"; cat \"$BUNKER_LAB_HOST/line\" >&2; exit 17 ;;\n\
         *' ps -a --format json '*) \"$real\" \"$@\" | sed -f \"$BUNKER_LAB_HOST/names.sed\"; exit ;;\nesac\n\
         exec \"$real\" \"$@\"\n",
        shared.display()
    );
    let docker = dir.join("bin/docker");
    fs::write(&docker, script).unwrap();
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
    let api = dir.join("docker/containers/api");
    let text = fs::read_to_string(&api).unwrap();
    let version = format!("c_version='{}'", hostile_text("v9-"));
    let lines =
        text.lines().map(|l| if l.starts_with("c_version=") { version.as_str() } else { l });
    fs::write(&api, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let env = host.checkout().join(".env");
    let settings = fs::read_to_string(&env).unwrap();
    fs::write(&env, format!("{settings}HOSTILE_SETTING='{}'\n", hostile_text("value-"))).unwrap();
}

fn command(lab: &Lab, own: &Path, args: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
    command.args(args);
    command.arg("--inventory");
    command.arg(lab.inventory_dir());
    for (name, place) in PLACES {
        command.env(name, own.join(place));
    }
    command.env("LC_ALL", "C.UTF-8");
    command.env("COLORTERM", "truecolor");
    for name in
        ["BUNKER_IDENTITY", "SSH_AUTH_SOCK", "NO_COLOR", "BUNKER_THEME", "COLORFGBG", "TMUX", "STY"]
    {
        command.env_remove(name);
    }
    command
}

/// A fleet of two: one whose every text is hostile, and one that cannot be asked, which says why in hostile words.
fn fleet() -> (Lab, tempfile::TempDir) {
    let mut options = Options::instances().with_policy("bunker_min_healthy_s: 1");
    options.fleet_name = format!("\"{}\"", in_json("fleet-"));
    let lab = Lab::start(2, options.with_hosts(vec![HostSpec::new("one"), HostSpec::new("two")]))
        .unwrap();
    turn(lab.named("one").unwrap());
    let two = lab.named("two").unwrap();
    turn(two);
    let words = b"#!/bin/sh\ncat \"$BUNKER_LAB_HOST/line\" >&2\nexit 1\n";
    fs::write(two.dir().join("bin/docker"), words).unwrap();
    (lab, tempfile::tempdir().unwrap())
}

/// What a verb of the command line prints to a terminal.
fn printed(lab: &Lab, own: &Path, args: &[&str]) -> String {
    let mut terminal = Terminal::start(command(lab, own, args), 200, 60).unwrap();
    terminal.wait_end(LONG).unwrap();
    terminal.settle(Duration::from_millis(200));
    let raw = terminal.raw();
    assert_eq!(unmeant(&raw, false), Vec::<String>::new(), "bunker {args:?}");
    String::from_utf8(raw).unwrap()
}

/// A cockpit whose screens are kept.
struct Walk {
    terminal: Terminal,
    seen: String,
}

impl Walk {
    /// Presses keys and waits for what they lead to.
    fn go(&mut self, keys: &str, shows: &str) {
        self.terminal.keys(keys).unwrap();
        self.seen.push_str(&self.terminal.wait_for(shows, SOON).unwrap());
    }

    /// Goes back, and waits until what stood in front is gone: an escape and a letter that arrive together are one key.
    fn close(&mut self, gone: &str) {
        self.terminal.keys("esc").unwrap();
        self.terminal.wait_gone(gone, SOON).unwrap();
    }
}

#[test]
fn what_is_written_to_the_terminal_is_what_we_mean_whatever_the_fleet_says() {
    let (lab, own) = fleet();
    let own = own.path();
    // First a run that fails, in hostile words.
    for (args, word) in [
        (&["upgrade", "one", "--to", "v2.5.0", "--yes"] as &[&str], "line-"),
        (&["status"], "fleet-"),
        (&["show", "last"], "line-"),
        (&["logs", "last", "one"], "line-"),
        (&["logs", "one", "api"], "line-"),
        (&["env", "one"], "value-"),
        (&["doctor"], "line-"),
        (&["runs"], "upgrade"),
        (&["audit", "log"], "run-host"),
        (&["instance", "show", "one"], "one"),
    ] {
        let text = printed(&lab, own, args);
        assert!(text.contains(word), "{args:?} says nothing of {word}: {text}");
    }
    let terminal = Terminal::start(command(&lab, own, &[]), 200, 60).unwrap();
    let mut walk = Walk { terminal, seen: String::new() };
    walk.go("", "one .*healthy|one .*degraded|one .*down");
    walk.go("g g", "fleet-");
    walk.go("enter", "instance  one");
    walk.go("", "service-");
    walk.go("e", "HOSTILE_SETTING");
    walk.close("HOSTILE_SETTING");
    walk.go("l", "Log of a service");
    walk.go("enter", "line-");
    for keys in ["w", "t", "/ end enter"] {
        walk.go(keys, "line-");
    }
    walk.go("g f", "bunker  fleet-");
    walk.go("R", "runs  fleet-");
    walk.go("enter", "run [0-9a-f]{4}");
    // The output has come: its page can be gone to.
    walk.go("", "one · .*(\n.*)*line-");
    walk.go("L", "output of run");
    walk.go("e", "errors only");
    walk.go("g f", "bunker  fleet-");
    walk.go("j enter", "instance  two");
    walk.go("", "cannot be read: line-");
    for (keys, page) in [
        ("g b", "backups"),
        ("g a", "alerts"),
        ("g t", "windows"),
        ("g i", "inventory"),
        ("g d", "doctor"),
        ("H", "audit log"),
        ("K", "secrets due"),
    ] {
        walk.go(keys, &format!("{page}  fleet-"));
    }
    walk.go("?", "go back; a run goes on");
    walk.close("go back; a run goes on");
    walk.go("g f", "bunker  fleet-");
    leave(walk);
}

/// Copies something, leaves, and looks at all that the terminal got.
fn leave(mut walk: Walk) {
    // All of the frames that are whole: the next one may be on its way.
    let mut before = walk.terminal.raw();
    let end = before.windows(FRAME.len()).rposition(|end| end == FRAME).unwrap();
    before.truncate(end + FRAME.len());
    assert_eq!(unmeant(&before, false), Vec::<String>::new(), "before anything was copied");
    walk.go("y", "command line");
    walk.go("c", "copied");
    walk.terminal.keys("q").unwrap();
    assert!(walk.terminal.wait_end(SOON).unwrap().success());
    assert_eq!(unmeant(&walk.terminal.raw(), true), Vec::<String>::new());
    for word in ["fleet-", "service-", "image-", "value-", "line-", "v9-"] {
        assert!(walk.seen.contains(word), "{word} was never on a screen");
    }
}
