//! A mail.

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message as Mail, Tokio1Executor};

use super::{DEADLINE, refused, secret_file, transient};
use crate::domain::notify::{Channel, MailTls};
use crate::engine::ports::{Posted, SendFault};

pub(super) async fn send(channel: &Channel, posted: &Posted) -> Result<(), SendFault> {
    let Channel::Mail { server, port, tls, user, password_file, .. } = channel else {
        return Err(refused("this channel is no mail"));
    };
    let mail = mail(channel, posted).map_err(|e| refused(&e))?;
    let tls = match tls {
        MailTls::None => Tls::None,
        MailTls::Tls => Tls::Wrapper(parameters(server)?),
        MailTls::StartTls => Tls::Required(parameters(server)?),
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
        .port(*port)
        .tls(tls)
        .timeout(Some(DEADLINE));
    if let Some(user) = user {
        let password = match password_file {
            Some(file) => secret_file::read(file).await.map_err(|e| refused(&e))?,
            None => return Err(refused("bunker_notify_smtp_password_file is not set")),
        };
        transport = transport.credentials(Credentials::new(user.clone(), password.to_string()));
    }
    let sent = tokio::time::timeout(DEADLINE, transport.build::<Tokio1Executor>().send(mail)).await;
    let at = format!("{server}:{port}");
    match sent {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if error.is_permanent() => {
            Err(refused(&format!("{at} refused the mail: {}", words(&error))))
        }
        Ok(Err(error)) => Err(transient(&format!("{at}: {}", words(&error)))),
        Err(_) => Err(transient(&format!("{at}: no answer within {} s", DEADLINE.as_secs()))),
    }
}

fn parameters(server: &str) -> Result<TlsParameters, SendFault> {
    TlsParameters::new_rustls(server.to_owned())
        .map_err(|e| transient(&format!("TLS with {server} cannot be set up: {}", words(&e))))
}

/// The error and its causes.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}

fn mail(channel: &Channel, posted: &Posted) -> Result<Mail, String> {
    let Channel::Mail { from, to, .. } = channel else { return Err("it is no mail".into()) };
    let address = |text: &str| {
        text.parse::<Mailbox>().map_err(|e| format!("{text:?} is no address of a mail: {e}"))
    };
    let (message, domain) = (&posted.message, from.rsplit('@').next().unwrap_or("localhost"));
    let domain = domain.trim_end_matches('>');
    let mut mail = Mail::builder()
        .from(address(from)?)
        .message_id(Some(format!("<{}@{domain}>", posted.id)))
        .subject(format!("[bunker {}] {}", message.fleet, message.title))
        .header(ContentType::TEXT_PLAIN);
    for to in to {
        mail = mail.to(address(to)?);
    }
    mail.body(format!("{}\n", message.text)).map_err(|e| format!("the mail cannot be made: {e}"))
}
