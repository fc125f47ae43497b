//! The fingerprint of an SSH key, as `ssh-keygen -l` shows it.

use sha2::{Digest, Sha256};

use crate::domain::base64::base64;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Of a key in the form of the wire.
pub fn fingerprint(key: &[u8]) -> String {
    let hash = Sha256::digest(key);
    let mut text = "SHA256:".to_owned();
    for piece in hash.chunks(3) {
        let at = |i: usize| u32::from(piece.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..=piece.len() {
            let digit = (word >> (18 - 6 * i)) & 63;
            text.extend(DIGITS.get(digit as usize).copied().map(char::from));
        }
    }
    text
}

/// The keys of what sshd wrote about a session (`SSH_USER_AUTH`): a way of logging in a line, `publickey TYPE KEY`.
pub fn keys_of_session(text: &str) -> Vec<String> {
    let of = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let (way, _, key) = (words.next()?, words.next()?, words.next()?);
        if way != "publickey" || key.len() > 16_384 {
            return None;
        }
        Some(fingerprint(&base64(key).filter(|key| !key.is_empty())?))
    };
    text.lines().take(16).filter_map(of).collect()
}

/// The keys of an agent, from its answer to a request for its identities.
pub fn keys_of_agent(answer: &[u8]) -> Option<Vec<String>> {
    let (kind, rest) = answer.split_first()?;
    let (n, mut rest) = number(rest)?;
    if *kind != 12 || n > 64 {
        return None;
    }
    let mut keys = Vec::new();
    for _ in 0..n {
        let (key, after) = text(rest)?;
        let (_comment, after) = text(after)?;
        keys.push(fingerprint(key));
        rest = after;
    }
    Some(keys)
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (four, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*four), rest))
}

fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (n, rest) = number(bytes)?;
    rest.split_at_checked(n as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A public key and what `ssh-keygen -l` says of it: GitHub's host key, which everybody can compare.
    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    const SAYS: &str = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU";

    #[test]
    fn a_session_names_its_key_as_ssh_keygen_does() {
        let text = format!("publickey ssh-ed25519 {KEY}\npassword\npublickey x !\n");
        assert_eq!(keys_of_session(&text), [SAYS]);
        assert_eq!(keys_of_session("password\n"), Vec::<String>::new());
    }

    #[test]
    fn an_agent_names_its_keys_and_a_broken_answer_none() {
        let key = base64(KEY).unwrap();
        let sized =
            |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
        let answer = [&[12, 0, 0, 0, 1], sized(&key).as_slice(), &sized(b"ann@desk")].concat();
        assert_eq!(keys_of_agent(&answer), Some(vec![SAYS.to_owned()]));
        for cut in 0..answer.len() {
            assert_eq!(keys_of_agent(&answer[..cut]), None, "cut at {cut}");
        }
        assert_eq!(keys_of_agent(&[5]), None);
    }
}
