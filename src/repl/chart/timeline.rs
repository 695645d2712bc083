//! How much falls into each stretch of time.

use chrono::DateTime;

use super::bar;
use super::plain;
use crate::error::Error;
use crate::error::Result;

/// The stretches, in seconds, of which the shortest is taken that makes few enough lines.
const STEPS: [i64; 18] = [
    1,
    5,
    15,
    60,
    300,
    900,
    3_600,
    10_800,
    21_600,
    43_200,
    86_400,
    172_800,
    604_800,
    1_209_600,
    2_592_000,
    7_776_000,
    31_536_000,
    315_360_000,
];

/// So many lines at most.
const LINES: i64 = 40;

/// Draws one bar a stretch; times are microseconds since 1970, and without weights each counts one.
pub(super) fn draw(
    times: &[Option<f64>],
    weights: Option<&[Option<f64>]>,
    what: &str,
    width: usize,
) -> Result<String> {
    let seconds = |time: &f64| (time / 1e6).floor() as i64;
    let known: Vec<i64> = times.iter().flatten().map(seconds).collect();
    let (Some(first), Some(last)) = (known.iter().min(), known.iter().max()) else {
        return Err(Error::user(".chart: no row has a time"));
    };
    let lines = |step: i64| last.div_euclid(step) - first.div_euclid(step) + 1;
    let step = STEPS.into_iter().find(|step| lines(*step) <= LINES).unwrap_or(i64::MAX / 4);
    let start = first.div_euclid(step);
    let mut sums = vec![0.0; usize::try_from(lines(step)).unwrap_or(1)];
    for (row, time) in times.iter().enumerate() {
        let Some(time) = time else { continue };
        let weight = match weights {
            Some(weights) => weights.get(row).copied().flatten().unwrap_or(0.0),
            None => 1.0,
        };
        let at = usize::try_from(seconds(time).div_euclid(step) - start).unwrap_or_default();
        if let Some(sum) = sums.get_mut(at) {
            *sum += weight;
        }
    }
    let most = sums.iter().fold(0.0_f64, |most, sum| most.max(sum.abs()));
    let values: Vec<_> = sums.iter().map(|sum| plain(*sum)).collect();
    let widest = values.iter().map(String::len).max().unwrap_or_default();
    let labels: Vec<_> = (0..).zip(&sums).map(|(place, _)| label((start + place) * step, step)).collect();
    let label_width = labels.iter().map(String::len).max().unwrap_or_default();
    let room = width.saturating_sub(label_width + widest + 3).max(1);
    let mut text = format!("{what} in each {}\n", length(step));
    for ((sum, value), label) in sums.iter().zip(&values).zip(&labels) {
        let line =
            format!("{label} │{} {}", bar(sum.abs(), most, room), if *sum == 0.0 { "" } else { value });
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let without = times.len() - known.len();
    if without > 0 {
        text.push_str(&format!("(without a time: {})\n", crate::output::count(without as u64, "row")));
    }
    Ok(text)
}

/// A moment, as exact as the stretch is long.
pub(super) fn label(seconds: i64, step: i64) -> String {
    let form = match step {
        ..60 => "%Y-%m-%d %H:%M:%S",
        60..86_400 => "%Y-%m-%d %H:%M",
        _ => "%Y-%m-%d",
    };
    match DateTime::from_timestamp(seconds, 0) {
        Some(time) => time.format(form).to_string(),
        None => "out of range".to_owned(),
    }
}

/// A stretch in words.
fn length(step: i64) -> String {
    let (number, unit) = match step {
        ..60 => (step, "second"),
        60..3_600 => (step / 60, "minute"),
        3_600..86_400 => (step / 3_600, "hour"),
        _ => (step / 86_400, "day"),
    };
    if number == 1 { unit.to_owned() } else { format!("{number} {unit}s") }
}
