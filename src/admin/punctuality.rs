//! On-time ratios and percentiles from counted buckets. Pure.

use super::model::Begun;

/// How punctual the targets of one stretch of time were.
#[derive(Debug, Clone, PartialEq)]
pub struct Punctuality {
    /// Targets begun.
    pub begun: i64,
    /// Of them, the share that began within a second.
    pub second: f64,
    /// Within a minute.
    pub minute: f64,
    /// Milliseconds below which half of them began, 95 and 99 of a hundred.
    pub percentiles: [i64; 3],
}

impl Punctuality {
    /// Of the last hour, day and week, in this order; `None` where nothing was begun. The rows are in the order of their
    /// buckets within each age.
    pub fn windows(rows: &[Begun]) -> [Option<Self>; 3] {
        [0, 1, 2].map(|age| Self::of(rows.iter().filter(|row| row.age <= age)))
    }

    fn of<'a>(rows: impl Iterator<Item = &'a Begun>) -> Option<Self> {
        let mut buckets: Vec<(i64, i64)> = rows.map(|row| (row.below, row.targets)).collect();
        buckets.sort_unstable();
        let begun: i64 = buckets.iter().map(|(_, n)| n).sum();
        if begun == 0 {
            return None;
        }
        let within =
            |ms: i64| buckets.iter().filter(|(below, _)| *below <= ms).map(|(_, n)| n).sum::<i64>() as f64 / begun as f64;
        let percentiles = [0.5, 0.95, 0.99].map(|share| percentile(&buckets, begun, share));
        Some(Self { begun, second: within(1_000), minute: within(60_000), percentiles })
    }
}

/// The bound of the bucket in which the one at this share stands.
fn percentile(buckets: &[(i64, i64)], begun: i64, share: f64) -> i64 {
    let rank = (begun as f64 * share).ceil() as i64;
    let mut passed = 0;
    let reaches = |(_, n): &&(i64, i64)| {
        passed += n;
        passed >= rank
    };
    buckets.iter().find(reaches).map_or(0, |(below, _)| *below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_holds_its_last_hour_and_a_week_its_last_day() {
        let row = |age, below, targets| Begun { age, below, targets };
        let rows = [row(0, 10, 98), row(0, 1_500, 2), row(1, 5, 100), row(1, 650_000, 1)];
        let [hour, day, week] = Punctuality::windows(&rows);
        assert_eq!(hour, Some(Punctuality { begun: 100, second: 0.98, minute: 1.0, percentiles: [10, 10, 1_500] }));
        assert_eq!(day.as_ref().map(|d| (d.begun, d.percentiles)), Some((201, [10, 10, 1_500])));
        assert_eq!(day, week);
        assert!(day.unwrap().minute < 1.0);
        assert_eq!(Punctuality::windows(&[]), [None, None, None]);
    }
}
