//! Times as people read them. Only seconds are told: what moves faster is not calm.

use std::time::Duration;

/// Of something that runs: `1:12`, `1:02:03`.
pub(crate) fn running(time: Duration) -> String {
    let all = time.as_secs();
    let (hours, minutes, seconds) = (all / 3600, all / 60 % 60, all % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Of something that is over: `6 s`, `1:58`.
pub(crate) fn took(seconds: f64) -> String {
    let time = Duration::try_from_secs_f64(seconds.round()).unwrap_or_default();
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        _ => running(time),
    }
}

/// In a sentence: `41 s`, `6 min 40 s`, `2 h 5 min`.
pub(crate) fn spelled(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_seconds() {
        let time = Duration::from_millis;
        assert_eq!(running(time(0)), "0:00");
        assert_eq!(running(time(72_900)), "1:12");
        assert_eq!(running(time(3_723_000)), "1:02:03");
        assert_eq!(took(0.4), "0 s");
        assert_eq!(took(59.6), "1:00");
        assert_eq!(took(f64::NAN), "0 s");
        assert_eq!(took(-1.0), "0 s");
        assert_eq!(spelled(time(400_000)), "6 min 40 s");
        assert_eq!(spelled(time(41_000)), "41 s");
        assert_eq!(spelled(time(7_500_000)), "2 h 5 min");
    }
}
