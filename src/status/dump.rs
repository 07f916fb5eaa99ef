//! Which properties of the start may be seen.

use crate::config::worker_keys::is_secret;
use crate::text::Text;

/// The properties without secrets: without those whose name speaks of one, and without variables that hold the same
/// text as one, as `pw=x` does for `worker.w.secret=$(pw)`.
pub fn shown(properties: &[(Text, Text)]) -> Vec<(&[u8], &[u8])> {
    let secrets: Vec<&[u8]> =
        properties.iter().filter(|(key, _)| is_secret(key)).map(|(_, value)| &**value).collect();
    let holds_one = |key: &[u8], value: &[u8]| !key.starts_with(b"worker.") && secrets.contains(&value);
    properties
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .filter(|(key, value)| !is_secret(key) && !holds_one(key, value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_whatever_they_are_called() {
        let pairs = [
            ("ServerRoot", "/srv"),
            ("pw", "hush"),
            ("other", "lb"),
            ("worker.list", "lb"),
            ("worker.a.secret", "hush"),
            ("worker.a.type", "lb"),
            ("w.secret", "lb"),
            ("secret", "x"),
            ("worker.a.secretkey", "y"),
            ("worker.a.secret_file", "/etc/jk.secret"),
            ("MY_SECRET", "z"),
        ];
        let pairs: Vec<(Text, Text)> =
            pairs.iter().map(|(key, value)| (key.as_bytes().into(), value.as_bytes().into())).collect();
        let keys: Vec<_> = shown(&pairs).iter().map(|(key, _)| key.escape_ascii().to_string()).collect();
        assert_eq!(keys, ["ServerRoot", "worker.list", "worker.a.type"]);
    }
}
