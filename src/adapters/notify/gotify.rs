//! A message to a Gotify server, as plain text: what is in it may come from anywhere.

use reqwest::Client;
use reqwest::header::HeaderValue;
use serde_json::json;

use super::{post, refused, secret_file};
use crate::domain::settings::HttpUrl;
use crate::engine::ports::{Posted, SendFault};

pub(super) async fn send(
    client: &Client,
    url: &HttpUrl,
    file: &str,
    posted: &Posted,
) -> Result<(), SendFault> {
    let token = secret_file::read(file).await.map_err(|e| refused(&e))?;
    let token = HeaderValue::from_str(&token);
    let mut token =
        token.map_err(|_| refused(&format!("the file {file} does not hold a token")))?;
    token.set_sensitive(true);
    let message = &posted.message;
    let body = json!({
        "title": message.title,
        "message": message.text,
        "priority": message.kind.priority(),
        "extras": { "client::display": { "contentType": "text/plain" } },
    });
    let request =
        client.post(format!("{}/message", url.as_str())).header("X-Gotify-Key", token).json(&body);
    post(request, url.origin()).await
}
