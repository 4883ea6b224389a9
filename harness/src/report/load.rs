//! What the target did under load, for a person.

use super::text::short_line;
use crate::verdict::Load;

/// Longest name of a method, in characters.
const NAME: usize = 40;

/// Two lines of figures, and a table of the methods.
pub(super) fn lines(load: &Load) -> Vec<String> {
    let seconds = ms(load.lasted_us) / 1000.0;
    let mut lines = vec![
        format!(
            "{} cases, at most {} at a time; {} requests answered in {seconds:.1} s",
            load.cases, load.users, load.requests
        ),
        format!(
            "{:.0} requests a second, {} faults, {} cases not counted: a wait in them was in vain",
            load.rate(),
            load.faults,
            load.doubtful
        ),
    ];
    if load.methods.is_empty() {
        return lines;
    }
    lines.push(row("milliseconds to the first message back", ["requests", "p50", "p95", "p99", "most"]));
    lines.extend(load.methods.iter().map(|(method, times)| {
        let [p50, p95, p99, most] =
            [times.p50_us, times.p95_us, times.p99_us, times.most_us].map(|us| format!("{:.2}", ms(us)));
        row(&short_line(method, NAME), [&times.requests.to_string(), &p50, &p95, &p99, &most])
    }));
    lines
}

fn row(what: &str, [requests, p50, p95, p99, most]: [&str; 5]) -> String {
    format!("{what:<NAME$} {requests:>8} {p50:>9} {p95:>9} {p99:>9} {most:>9}")
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn ms(us: u64) -> f64 {
    us as f64 / 1000.0
}
