//! `bunker_notify_*`: who is told what.

use super::connection::local_path;
use super::instance::url;
use super::reader::Reader;
use crate::domain::notify::{Channel, MailTls, NewsKind, NotifySettings};

/// Who is told; `None` where no channel is set. A value that cannot be used was said by the reader.
pub(super) fn notify(r: &mut Reader<'_>, home: Option<&str>) -> Option<NotifySettings> {
    let mut channels = Vec::new();
    channels.extend(webhook(r, home));
    channels.extend(gotify(r, home));
    channels.extend(mail(r, home));
    let rule = "one of ended, paused, needs-you, failed";
    let on = r.list("bunker_notify_on", rule, |text| NewsKind::named(text).is_some());
    let usual = || vec![NewsKind::Ended, NewsKind::Paused, NewsKind::NeedsYou, NewsKind::Failed];
    let on = on.map_or_else(usual, |names| {
        names.iter().filter_map(|name| NewsKind::named(name)).collect()
    });
    (!channels.is_empty()).then_some(NotifySettings { on, channels })
}

fn webhook(r: &mut Reader<'_>, home: Option<&str>) -> Option<Channel> {
    let url = url(r, "bunker_notify_webhook_url", None);
    let secret_file = local_path(r, "bunker_notify_webhook_secret_file", home);
    let (name, file) = ("bunker_notify_webhook_url", "bunker_notify_webhook_secret_file");
    let secret_file = needs(r, url.is_some(), secret_file, name, file)?;
    Some(Channel::Webhook { url: url?, secret_file })
}

fn gotify(r: &mut Reader<'_>, home: Option<&str>) -> Option<Channel> {
    let url = url(r, "bunker_notify_gotify_url", None);
    let token_file = local_path(r, "bunker_notify_gotify_token_file", home);
    let (name, file) = ("bunker_notify_gotify_url", "bunker_notify_gotify_token_file");
    let token_file = needs(r, url.is_some(), token_file, name, file)?;
    Some(Channel::Gotify { url: url?, token_file })
}

/// The file that must be set where an address is.
fn needs(
    r: &mut Reader<'_>,
    wanted: bool,
    file: Option<String>,
    name: &str,
    missing: &str,
) -> Option<String> {
    if wanted && file.is_none() && r.variable(missing).is_none() {
        let hint = format!("set {missing} to a file with mode 0600");
        r.refuse(name, format!("{name} has no {missing} beside it"), Some(&hint));
    }
    file.filter(|_| wanted)
}

fn mail(r: &mut Reader<'_>, home: Option<&str>) -> Option<Channel> {
    let to = r.list("bunker_notify_mail_to", "an address such as ops@example.org", is_address);
    let from = r.text("bunker_notify_mail_from").map(str::to_owned);
    let server = r.text("bunker_notify_smtp_host").map(str::to_owned);
    let tls = tls(r);
    let usual = match tls {
        MailTls::Tls => 465,
        MailTls::StartTls => 587,
        MailTls::None => 25,
    };
    let port = r.whole("bunker_notify_smtp_port", (1, 65_535)).and_then(|n| u16::try_from(n).ok());
    let user = r.text("bunker_notify_smtp_user").map(str::to_owned);
    let password_file = local_path(r, "bunker_notify_smtp_password_file", home);
    let to = to.filter(|to| !to.is_empty())?;
    let name = "bunker_notify_mail_to";
    let (Some(from), Some(server)) = (from, server) else {
        let hint = "set bunker_notify_mail_from and bunker_notify_smtp_host";
        r.refuse(name, format!("{name} has no sender or no mail server beside it"), Some(hint));
        return None;
    };
    let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    if !is_address(&from) || server.is_empty() || !server.chars().all(host) {
        let message = format!("{name} has a sender or a mail server that cannot be used");
        r.refuse(name, message, Some("write bunker@example.org, and mail.example.org"));
        return None;
    }
    if user.is_some() && tls == MailTls::None && !is_here(&server) {
        let message = "bunker_notify_smtp_tls is none, and a password would travel in the clear";
        let hint = "use starttls or tls, or a server on this machine";
        r.refuse("bunker_notify_smtp_tls", message.to_owned(), Some(hint));
        return None;
    }
    let port = port.unwrap_or(usual);
    Some(Channel::Mail { server, port, tls, from, to, user, password_file })
}

fn tls(r: &mut Reader<'_>) -> MailTls {
    match r.text("bunker_notify_smtp_tls") {
        None | Some("starttls") => MailTls::StartTls,
        Some("tls") => MailTls::Tls,
        Some("none") => MailTls::None,
        Some(_) => {
            let message = "bunker_notify_smtp_tls wants starttls, tls or none".to_owned();
            r.refuse("bunker_notify_smtp_tls", message, None);
            MailTls::StartTls
        }
    }
}

fn is_here(server: &str) -> bool {
    server == "localhost" || server == "::1" || server.starts_with("127.")
}

/// `name@host`, without anything that means something in a header.
fn is_address(text: &str) -> bool {
    let mut parts = text.split('@');
    let word = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._+-%=".contains(c))
    };
    text.len() <= 254
        && parts.next().is_some_and(word)
        && parts.next().is_some_and(word)
        && parts.next().is_none()
}
