//! A command on a paper host: the real `/bin/sh`, as sshd runs it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use russh::server::{Handle, Msg};
use russh::{Channel, ChannelId, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use super::fault::Pass;
use super::host::HostState;
use super::link::Wire;

/// What a command needs of its connection.
pub(super) struct Exec {
    pub(super) host: Arc<HostState>,
    pub(super) wire: Arc<Wire>,
    pub(super) handle: Handle,
}

impl Exec {
    /// Runs a command to its end, or until the client has gone; then it runs on, with its pipes closed.
    pub(super) async fn run(self, channel: Channel<Msg>, command: Vec<u8>) {
        let id = channel.id();
        if self.host.faults.take_before_exec() {
            return self.wire.cut_after(0, 0).await;
        }
        self.host.note_command(&command);
        let (from_client, to_client) = channel.split();
        match self.spawn(&command) {
            Ok(child) => {
                if self.host.faults.take_at_exec() {
                    self.wire.cut_after(0, 0).await;
                }
                self.attend(child, id, from_client, to_client).await;
            }
            Err(e) => {
                let text = format!("paper host: cannot start /bin/sh: {e}\n");
                _ = to_client.extended_data_bytes(1, text.into_bytes()).await;
                self.end(id, ExitStatus::from_raw(126 << 8)).await;
            }
        }
    }

    fn spawn(&self, command: &[u8]) -> io::Result<Child> {
        let host = &self.host;
        let mut sh = Command::new("/bin/sh");
        if host.faults.now().disk_full {
            // No file may grow: what a full disk does to whatever writes, without filling one.
            let limited = "trap '' XFSZ; ulimit -f 0; exec /bin/sh -c \"$0\"";
            sh.arg("-c").arg(limited).arg(OsStr::from_bytes(command));
        } else {
            sh.arg("-c").arg(OsStr::from_bytes(command));
        }
        sh.env_clear()
            .envs(host.environment())
            .current_dir(host.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(false)
            .spawn()
    }

    async fn attend(
        &self,
        mut child: Child,
        id: ChannelId,
        from_client: ChannelReadHalf,
        to_client: ChannelWriteHalf<Msg>,
    ) {
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (mut out, mut err) = (to_client.make_writer(), to_client.make_writer_ext(Some(1)));
        let talk = async {
            let (a, b) = tokio::join!(self.pump(stdout, &mut out), self.pump(stderr, &mut err));
            if a && b { child.wait().await.ok() } else { None }
        };
        let ended = tokio::select! {
            ended = talk => ended,
            () = self.feed(from_client, stdin) => None,
        };
        match ended {
            Some(status) => self.end(id, status).await,
            // The pipes are closed by now: a chatty command gets SIGPIPE, a silent one runs on.
            None => _ = child.wait().await,
        }
    }

    /// Sends what a command prints; `false` when the client no longer takes it.
    async fn pump(
        &self,
        from: Option<impl AsyncRead + Unpin>,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> bool {
        let Some(mut from) = from else { return true };
        let mut buffer = vec![0_u8; 32 * 1024];
        loop {
            let n = from.read(&mut buffer).await.unwrap_or(0);
            if n == 0 {
                return true;
            }
            let before = self.wire.sent();
            let pass = self.host.faults.output(n);
            let take = if let Pass::Cut(k) = pass { k } else { n };
            let bytes = buffer.get(..take).unwrap_or_default();
            if to.write_all(bytes).await.is_err() || to.flush().await.is_err() {
                return false;
            }
            if let Pass::Cut(k) = pass {
                self.wire.cut_after(before, k as u64).await;
                return false;
            }
        }
    }

    /// Passes the client's bytes to the command; returns when the client has gone.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a command hears no other message")]
    async fn feed(&self, mut from: ChannelReadHalf, stdin: Option<ChildStdin>) {
        let (give, take) = mpsc::unbounded_channel::<Vec<u8>>();
        let mut give = Some(give);
        let written = Notify::new();
        let listen = async {
            while let Some(message) = from.wait().await {
                match message {
                    ChannelMsg::Data { data } => match self.host.faults.input(data.len()) {
                        Pass::All => _ = give.as_ref().map(|g| g.send(data.to_vec())),
                        Pass::Cut(k) => {
                            let part = data.get(..k).unwrap_or_default().to_vec();
                            _ = give.take().map(|g| g.send(part));
                            // Exactly these bytes reach the command, if it reads them at all.
                            _ = timeout(Duration::from_secs(1), written.notified()).await;
                            self.wire.cut_after(0, 0).await;
                            break;
                        }
                    },
                    ChannelMsg::Eof => give = None,
                    ChannelMsg::Close => break,
                    _ => {}
                }
            }
        };
        let write = async {
            write_all(stdin, take).await;
            written.notify_one();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = listen => {}
            () = write => {}
        }
    }

    async fn end(&self, id: ChannelId, status: ExitStatus) {
        let told = match (status.code(), status.signal()) {
            (Some(code), _) => self.handle.exit_status_request(id, code as u32).await,
            (None, signal) => {
                let name = signal_name(signal.unwrap_or(15));
                let text = String::new();
                self.handle.exit_signal_request(id, name, false, text.clone(), text).await
            }
        };
        if told.is_ok() && self.handle.eof(id).await.is_ok() {
            _ = self.handle.close(id).await;
        }
    }
}

async fn write_all(stdin: Option<ChildStdin>, mut chunks: mpsc::UnboundedReceiver<Vec<u8>>) {
    let Some(mut stdin) = stdin else { return };
    while let Some(chunk) = chunks.recv().await {
        if stdin.write_all(&chunk).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

fn signal_name(number: i32) -> Sig {
    match number {
        1 => Sig::HUP,
        2 => Sig::INT,
        3 => Sig::QUIT,
        6 => Sig::ABRT,
        9 => Sig::KILL,
        11 => Sig::SEGV,
        13 => Sig::PIPE,
        15 => Sig::TERM,
        other => Sig::Custom(format!("SIG{other}")),
    }
}
