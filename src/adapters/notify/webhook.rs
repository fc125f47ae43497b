//! A signed webhook, as <https://www.standardwebhooks.com> has it: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature: v1,BASE64`, where the signature is HMAC-SHA256 of `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Client;
use serde_json::json;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{post, refused, secret_file};
use crate::adapters::clock::SystemClock;
use crate::domain::settings::HttpUrl;
use crate::engine::ports::{Clock, Posted, SendFault};

/// A shorter secret can be guessed.
const SHORTEST: usize = 16;

pub(super) async fn send(
    client: &Client,
    url: &HttpUrl,
    file: &str,
    posted: &Posted,
) -> Result<(), SendFault> {
    let secret = secret_file::read(file).await.map_err(|e| refused(&e))?;
    let key = key(&secret).map_err(|e| refused(&format!("the file {file}: {e}")))?;
    let message = &posted.message;
    let body = json!({
        "type": format!("run.{}", message.kind.name()),
        "timestamp": message.at,
        "data": {
            "fleet": message.fleet,
            "run": message.run,
            "title": message.title,
            "text": message.text,
        },
    })
    .to_string();
    // That of this try: a receiver refuses old ones, and knows a second delivery by the id.
    let timestamp = SystemClock.now().as_second().to_string();
    let request = client
        .post(url.as_str())
        .header("content-type", "application/json")
        .header("webhook-id", &posted.id)
        .header("webhook-signature", signature(&key, &posted.id, &timestamp, &body))
        .header("webhook-timestamp", timestamp)
        .body(body);
    post(request, url.origin()).await
}

/// The bytes of the secret: `whsec_BASE64`, or the text itself.
fn key(secret: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let bytes = match secret.strip_prefix("whsec_") {
        Some(text) => STANDARD.decode(text).map_err(|_| "what follows whsec_ is not base64")?,
        None => secret.as_bytes().to_vec(),
    };
    let bytes = Zeroizing::new(bytes);
    if bytes.len() < SHORTEST {
        return Err(format!("the secret is shorter than {SHORTEST} bytes and could be guessed"));
    }
    Ok(bytes)
}

/// The value of the header `webhook-signature`.
pub fn signature(key: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_standard() {
        // The example of the specification's own test-suite.
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let made =
            signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}");
        assert_eq!(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused() {
        for short in ["", "hunter2", "whsec_", "whsec_aGk=", "whsec_!!"] {
            assert!(key(short).is_err(), "{short:?}");
        }
        assert_eq!(key("a long enough secret").unwrap().len(), 20);
    }
}
