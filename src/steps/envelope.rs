//! The envelope in which a script travels to a host and its output comes back.
//!
//! Every exec sends the same constant command, [`COMMAND`], and the script by standard input. So nothing of
//! it is seen in the host's process list, no login shell takes it apart, and a connection that is cut while the
//! script travels runs none of it: the whole is one brace group, which a shell reads to its end before it
//! begins. The exit code comes back as a line of the output, because that of an ssh channel means nothing.

use crate::domain::marker::MARK;
use crate::steps::quote::quote_into;

/// What the login shell is asked to run: words that mean the same in every shell.
pub const COMMAND: &str = "exec /bin/sh -c 'eval \"$(cat)\"'";

/// How a script is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// 32 hexadecimal digits that mark the begin and the end of the output.
    pub nonce: &'a str,
    /// Whether it runs as root, by `sudo -n` where the login user is not root.
    pub root: bool,
    /// How its output comes back.
    pub answer: Answer,
}

/// How the output of a script comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// When it has ended, in as few pieces as can be: nobody looks at it before, and each piece costs every process from there
    /// to here more than the words in it.
    Whole {
        /// Seconds after which the host itself ends it.
        limit_s: u64,
    },
    /// As it is printed. The script says itself where its output ends, so that its exit code is told only where it is not 0.
    Stream,
}

/// Gathers what is printed until the end, and is more than any answer that is taken. Where it gathers less, nothing is lost.
const GATHER: &str = " | head -c 1000000000";

impl Envelope<'_> {
    /// The text to send by standard input.
    pub fn wrap(&self, script: &str) -> String {
        let nonce = self.nonce;
        let (limit, unless, gather) = match self.answer {
            Answer::Whole { limit_s: s } => (
                format!("command -v timeout >/dev/null 2>&1 && bunker_t='timeout -k 2 {s}'\n"),
                "",
                GATHER,
            ),
            Answer::Stream => (String::new(), "[ \"$bunker_r\" = 0 ] || ", ""),
        };
        let root = if self.root { "[ \"$(id -u)\" = 0 ] || bunker_s='sudo -n --'\n" } else { "" };
        let mut text = format!(
            "{{\n{{\nLC_ALL=C; export LC_ALL; bunker_s=; bunker_t=\n{limit}{root}printf '%s\\n' "
        );
        let end = format!(
            " 2>/dev/null | $bunker_s $bunker_t /bin/sh -c 'eval \"$(cat)\"'\n\
             bunker_r=$?\n{unless}printf '\\n\\036%s rc %s\\n' {nonce} \"$bunker_r\"\n}}{gather}\n}}\n"
        );
        let begin = format!("{{\nexec </dev/null\nprintf '\\036%s begin\\n' {nonce}\n");
        text.reserve(end.len() + script.len() + script.len() / 8);
        quote_into(&mut text, &[&begin, script, "\n}\n"]);
        text.push_str(&end);
        text
    }

    /// The bytes that stand before the script's output.
    pub fn begin(&self) -> Vec<u8> {
        mark(&format!("{} begin\n", self.nonce))
    }

    /// Takes the output of a whole exec apart.
    pub fn open(&self, stdout: &[u8]) -> Opened {
        let end_mark = [b"\n".as_slice(), &mark(&format!("{} rc ", self.nonce))].concat();
        let Some(at) = rfind(stdout, &end_mark) else { return Opened::CutOff };
        let (before, after) = stdout.split_at_checked(at).unwrap_or_default();
        let exit = after
            .get(end_mark.len()..)
            .and_then(|rest| rest.strip_suffix(b"\n"))
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        let Some(exit) = exit else { return Opened::CutOff };
        let begin = self.begin();
        match find(before, &begin) {
            Some(at) => Opened::Whole {
                output: before.get(at + begin.len()..).unwrap_or_default().to_vec(),
                exit,
            },
            None => Opened::NotBegun { exit },
        }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The script ran and ended.
    Whole {
        /// Its standard output.
        output: Vec<u8>,
        /// Its exit code.
        exit: i32,
    },
    /// The script did not begin: `sudo` refused, or it is no script.
    NotBegun {
        /// Exit code of what stood in front of it.
        exit: i32,
    },
    /// The end is missing: the connection was lost.
    CutOff,
}

fn mark(text: &str) -> Vec<u8> {
    [&[MARK], text.as_bytes()].concat()
}

/// Where `wanted` first stands in `bytes`.
pub fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::quote::quote;
    use std::io::{Read, Write};
    use std::process::{Command, Output, Stdio};

    const NONCE: &str = "0123456789abcdef0123456789abcdef";
    const PLAIN: Envelope<'static> =
        Envelope { nonce: NONCE, root: false, answer: Answer::Whole { limit_s: 60 } };

    fn exec(text: &[u8]) -> Output {
        let mut child = Command::new("/bin/sh")
            .args(["-c", COMMAND])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text).unwrap();
        child.wait_with_output().unwrap()
    }

    fn run(script: &str) -> Opened {
        PLAIN.open(&exec(PLAIN.wrap(script).as_bytes()).stdout)
    }

    #[test]
    fn output_and_exit_code_come_back_whatever_the_script_does() {
        for (script, output, exit) in [
            ("echo hi", "hi\n", 0),
            ("printf x; exit 127", "x", 127),
            ("exit 255", "", 255),
            ("set -e; false; echo no", "", 1),
            ("cat; echo after", "after\n", 0),
            ("kill -9 $$", "", 137),
            ("cat <<X\n$(echo 'it'\"'\"'s')\nX", "it's\n", 0),
            ("echo '}' # comment", "}\n", 0),
        ] {
            let want = Opened::Whole { output: output.as_bytes().to_vec(), exit };
            assert_eq!(run(script), want, "{script}");
        }
        assert!(matches!(run("if"), Opened::NotBegun { exit } if exit != 0));
    }

    #[test]
    fn the_host_ends_it_after_the_limit() {
        let limited = Envelope { answer: Answer::Whole { limit_s: 1 }, ..PLAIN };
        let out = exec(limited.wrap("echo a; sleep 60; echo b").as_bytes());
        let want = Opened::Whole { output: b"a\n".to_vec(), exit: 124 };
        assert_eq!(limited.open(&out.stdout), want);
    }

    /// What comes of a script, in the pieces in which it came.
    fn pieces(envelope: &Envelope<'_>, script: &str) -> Vec<Vec<u8>> {
        let mut child = Command::new("/bin/sh")
            .args(["-c", COMMAND])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(envelope.wrap(script).as_bytes()).unwrap();
        let (mut out, mut pieces) = (child.stdout.take().unwrap(), Vec::new());
        let mut bytes = [0; 4096];
        loop {
            match out.read(&mut bytes).unwrap() {
                0 => break,
                n => pieces.push(bytes[..n].to_vec()),
            }
        }
        child.wait().unwrap();
        pieces
    }

    #[test]
    fn an_answer_comes_as_one_piece_and_a_stream_as_it_is_printed() {
        let script = "printf 'a\\0b'; sleep 0.3; echo c; sleep 0.3; printf d";
        let whole = pieces(&PLAIN, script);
        assert_eq!(whole.len(), 1, "{whole:?}");
        let want = Opened::Whole { output: b"a\0bc\nd".to_vec(), exit: 0 };
        assert_eq!(PLAIN.open(&whole.concat()), want);
        let stream = Envelope { answer: Answer::Stream, ..PLAIN };
        let printed = pieces(&stream, script);
        let begun = [stream.begin(), b"a\0b".to_vec()].concat();
        assert_eq!(printed.concat(), [&*begun, b"c\nd"].concat(), "no word on an exit with 0");
        assert!(printed.len() >= 3, "{printed:?}");
        let failed = pieces(&stream, "echo a; exit 3").concat();
        assert_eq!(stream.open(&failed), Opened::Whole { output: b"a\n".to_vec(), exit: 3 });
    }

    #[test]
    fn a_script_that_arrives_cut_off_runs_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let witness = dir.path().join("ran");
        let text = PLAIN.wrap(&format!("echo ran >>{}", quote(witness.to_str().unwrap())));
        let whole = text.trim_end().len();
        for cut in (0..whole).step_by(7).chain([whole - 1]) {
            let out = exec(&text.as_bytes()[..cut]);
            assert_eq!(PLAIN.open(&out.stdout), Opened::CutOff, "cut at {cut}");
            assert!(!witness.exists(), "ran although cut at byte {cut} of {whole}");
        }
        assert_eq!(run(&format!("echo ran >>{}", quote(witness.to_str().unwrap()))), {
            Opened::Whole { output: Vec::new(), exit: 0 }
        });
        assert!(witness.exists());
    }

    #[test]
    fn an_answer_without_its_end_is_cut_off() {
        let whole = exec(PLAIN.wrap("echo hi").as_bytes()).stdout;
        for cut in 0..whole.len() {
            assert_eq!(PLAIN.open(&whole[..cut]), Opened::CutOff, "cut at {cut}");
        }
    }
}
