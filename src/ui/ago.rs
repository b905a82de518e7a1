//! How long ago something was.

use std::time::SystemTime;

/// How long ago something was, roughly: `2 min ago`.
pub fn ago(then: SystemTime) -> String {
    let seconds = SystemTime::now()
        .duration_since(then)
        .unwrap_or_default()
        .as_secs();
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ages_are_rough() {
        let before = |seconds| SystemTime::now() - Duration::from_secs(seconds);
        assert_eq!(ago(before(5)), "just now");
        assert_eq!(ago(before(130)), "2 min ago");
        assert_eq!(ago(before(7300)), "2 h ago");
        assert_eq!(ago(before(200_000)), "2 d ago");
        assert_eq!(ago(SystemTime::now() + Duration::from_hours(1)), "just now");
    }
}
