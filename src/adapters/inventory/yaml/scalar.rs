//! Plain scalars by the rules of YAML 1.1, which is what Ansible's parser follows: `yes` is true,
//! `0644` is octal, `1:30` is ninety, `1.10` is a number.

use serde_json::{Number, Value};

/// The value of a scalar without quotes and tag.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    let number = match text.bytes().next() {
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => integer(text).or_else(|| float(text)),
        _ => None,
    };
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = sign(text);
    let bare: String = digits.chars().filter(|c| *c != '_').collect();
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let size = if bare.contains(':') {
        sixties(&bare)?
    } else if let Some(bits) = bare.strip_prefix("0b") {
        u64::from_str_radix(bits, 2).ok()?
    } else if let Some(hex) = bare.strip_prefix("0x") {
        u64::from_str_radix(hex, 16).ok()?
    } else if bare.len() > 1 && bare.starts_with('0') {
        u64::from_str_radix(&bare, 8).ok()?
    } else if bare.bytes().all(|b| b.is_ascii_digit()) {
        bare.parse().ok()?
    } else {
        return None;
    };
    if negative { i64::try_from(size).ok().map(|n| Number::from(-n)) } else { Some(size.into()) }
}

/// Numbers to the base of sixty: `1:30`.
fn sixties(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let first = parts.next()?;
    if first.starts_with('0') {
        return None;
    }
    parts.try_fold(first.parse::<u64>().ok()?, |sum, part| {
        let ok = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let unit = part.parse::<u64>().ok().filter(|n| ok && *n < 60)?;
        sum.checked_mul(60)?.checked_add(unit)
    })
}

/// Floats need a point, and an exponent a sign: `1e3` is text.
fn float(text: &str) -> Option<Number> {
    let (negative, digits) = sign(text);
    let bare: String = digits.chars().filter(|c| *c != '_').collect();
    let (mantissa, exponent) = match bare.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (bare.as_str(), None),
    };
    let (whole, part) = mantissa.split_once('.')?;
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_ok = exponent
        .is_none_or(|e| e.strip_prefix(['+', '-']).is_some_and(|d| !d.is_empty() && all_digits(d)));
    // `.5` is a number and `-.5` is text there.
    if whole.is_empty() && digits.len() != text.len() {
        return None;
    }
    if !all_digits(whole) || !all_digits(part) || whole.len() + part.len() == 0 || !exponent_ok {
        return None;
    }
    let padded = format!("0{whole}.{part}0e{}", exponent.unwrap_or("0"));
    let size: f64 = padded.parse().ok()?;
    Number::from_f64(if negative { -size } else { size })
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_scalars_are_what_ansible_reads() {
        for (text, want) in [
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("y", json!("y")),
            ("~", json!(null)),
            ("", json!(null)),
            ("0644", json!(420)),
            ("089", json!("089")),
            ("0o17", json!("0o17")),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("1_000", json!(1000)),
            ("1:30", json!(90)),
            ("1:75", json!("1:75")),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("1.10", json!(1.1)),
            (".5", json!(0.5)),
            ("-.5", json!("-.5")),
            ("5.", json!(5.0)),
            ("1e3", json!("1e3")),
            ("1.5e+3", json!(1500.0)),
            ("2.5.0", json!("2.5.0")),
            ("v2", json!("v2")),
            ("-", json!("-")),
            (".", json!(".")),
            ("192.0.2.1", json!("192.0.2.1")),
            ("2026-11-22", json!("2026-11-22")),
            ("99999999999999999999", json!("99999999999999999999")),
        ] {
            assert_eq!(plain(text), want, "{text:?}");
        }
    }
}
