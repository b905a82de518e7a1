//! A line of a results file: JSON with its own checksum, so that a torn or damaged line is known as one.

const OPEN: &str = "{\"crc32\":\"";
const MIDDLE: &str = "\",\"record\":";

/// `{"crc32":"0a1b2c3d","record":PAYLOAD}` and a line feed.
pub(super) fn stamp(payload: &str) -> String {
    let crc = crc32fast::hash(payload.as_bytes());
    format!("{OPEN}{crc:08x}{MIDDLE}{payload}}}\n")
}

/// The payload of a line without its line feed, if the checksum is that of the payload.
pub(super) fn payload(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(OPEN)?;
    let (crc, rest) = rest.split_at_checked(8)?;
    let payload = rest.strip_prefix(MIDDLE)?.strip_suffix('}')?;
    let crc = u32::from_str_radix(crc, 16).ok()?;
    (crc == crc32fast::hash(payload.as_bytes())).then_some(payload)
}

/// Whether the line is, or was cut off on the way to being, a stamped one.
pub(super) fn begins_as_stamped(line: &str) -> bool {
    line.starts_with(OPEN) || OPEN.starts_with(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamped_line_is_json_and_any_change_is_seen() {
        let line = stamp(r#"{"right":true}"#);
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["record"]["right"], true);
        let line = line.trim_end();
        assert_eq!(payload(line), Some(r#"{"right":true}"#));
        for cut in 0..line.len() {
            assert_eq!(payload(&line[..cut]), None);
        }
        assert_eq!(payload(&line.replace("true", "tru3")), None);
    }
}
