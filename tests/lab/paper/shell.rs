//! A shell on a paper host: the real `/bin/sh` in a real terminal of its own, as sshd gives one. Without that the shell
//! would find the terminal from which the lab was started, and be stopped there.

use std::io::{Read, Write};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use russh::server::{Handle, Msg};
use russh::{Channel, ChannelId, ChannelMsg, ChannelReadHalf};
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, oneshot};

use super::host::HostState;

/// The size of a terminal, in characters.
pub(super) fn size(columns: u32, rows: u32) -> PtySize {
    let short = |n: u32| u16::try_from(n).unwrap_or(u16::MAX).max(1);
    PtySize { rows: short(rows), cols: short(columns), pixel_width: 0, pixel_height: 0 }
}

type Keys = Box<dyn Write + Send>;

/// A terminal with a shell in it.
struct Opened {
    master: Box<dyn MasterPty + Send>,
    shell: Box<dyn Child + Send + Sync>,
    output: Box<dyn Read + Send>,
    keys: Keys,
}

fn open(host: &HostState, size: PtySize) -> Result<Opened, String> {
    let said = |e: &dyn std::fmt::Display| format!("paper host: no shell: {e}\r\n");
    let pair = native_pty_system().openpty(size).map_err(|e| said(&e))?;
    let mut command = CommandBuilder::new("/bin/sh");
    command.arg("-i");
    command.env_clear();
    for (name, value) in host.environment() {
        command.env(name, value);
    }
    command.env("TERM", "xterm-256color");
    let name = host.dir.file_name().unwrap_or_default().to_string_lossy();
    command.env("PS1", format!("{}@{name}$ ", host.user));
    command.cwd(host.home());
    let shell = pair.slave.spawn_command(command).map_err(|e| said(&e))?;
    let output = pair.master.try_clone_reader().map_err(|e| said(&e))?;
    let keys = pair.master.take_writer().map_err(|e| said(&e))?;
    Ok(Opened { master: pair.master, shell, output, keys })
}

/// Runs a shell until it is left or the client has gone.
pub(super) async fn run(host: &HostState, handle: &Handle, channel: Channel<Msg>, size: PtySize) {
    let id = channel.id();
    let (from_client, to_client) = channel.split();
    let mut out = to_client.make_writer();
    let opened = match open(host, size) {
        Ok(opened) => opened,
        Err(why) => {
            drop(out.write_all(why.as_bytes()).await);
            return end(handle, id, 126).await;
        }
    };
    let Opened { master, shell, output, keys } = opened;
    let mut killer = shell.clone_killer();
    let (mut shown, left) = read(output, shell);
    let show = async {
        while let Some(bytes) = shown.recv().await {
            if out.write_all(&bytes).await.is_err() || out.flush().await.is_err() {
                return;
            }
        }
    };
    let gone = tokio::select! {
        () = show => false,
        () = hear(from_client, master, keys) => true,
    };
    if gone {
        // Whoever hangs up takes the shell along.
        drop(killer.kill());
    }
    drop(shown);
    end(handle, id, left.await.unwrap_or(255)).await;
}

/// What the terminal shows, until nobody has it open any more, and then how the shell ended.
fn read(
    mut output: Box<dyn Read + Send>,
    mut shell: Box<dyn Child + Send + Sync>,
) -> (mpsc::Receiver<Vec<u8>>, oneshot::Receiver<u32>) {
    let (give, take) = mpsc::channel(16);
    let (ended, left) = oneshot::channel();
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 16 * 1024];
        while let Ok(n @ 1..) = output.read(&mut buffer) {
            let bytes = buffer.get(..n).unwrap_or_default().to_vec();
            if give.blocking_send(bytes).is_err() {
                break;
            }
        }
        // Nothing more is to be waited for by whoever reads.
        drop(give);
        ended.send(shell.wait().map_or(255, |status| status.exit_code()))
    });
    (take, left)
}

/// Types what the client sends and takes the sizes of its window; returns when it has gone.
#[expect(clippy::wildcard_enum_match_arm, reason = "a terminal hears no other message")]
async fn hear(mut from: ChannelReadHalf, master: Box<dyn MasterPty + Send>, keys: Keys) {
    let (give, take) = std::sync::mpsc::channel::<Vec<u8>>();
    std::thread::spawn(move || type_all(keys, &take));
    while let Some(message) = from.wait().await {
        match message {
            ChannelMsg::Data { data } => _ = give.send(data.to_vec()),
            ChannelMsg::WindowChange { col_width, row_height, .. } => {
                _ = master.resize(size(col_width, row_height));
            }
            ChannelMsg::Close => return,
            _ => {}
        }
    }
}

fn type_all(mut keys: Keys, typed: &std::sync::mpsc::Receiver<Vec<u8>>) {
    while let Ok(bytes) = typed.recv() {
        if keys.write_all(&bytes).is_err() {
            return;
        }
    }
}

async fn end(handle: &Handle, id: ChannelId, code: u32) {
    if handle.exit_status_request(id, code).await.is_ok() && handle.eof(id).await.is_ok() {
        _ = handle.close(id).await;
    }
}
