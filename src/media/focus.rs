//! The point of a picture that stays in sight where pages and platforms cut it. Pure.

use serde::Serialize;

/// Shares of the width and the height, each 0 to 1, from the upper left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Focus {
    /// Of the width.
    pub x: f64,
    /// Of the height.
    pub y: f64,
}

impl Focus {
    /// `None` for what lies outside of the picture or is no number.
    pub fn new(x: f64, y: f64) -> Option<Self> {
        let within = |share: f64| (0.0..=1.0).contains(&share);
        (within(x) && within(y)).then_some(Self { x, y })
    }

    /// From percents as a form sends them.
    pub fn of_percents(x: &str, y: &str) -> Option<Self> {
        let share = |percent: &str| percent.trim().parse::<f64>().ok().map(|n| n / 100.0);
        Self::new(share(x)?, share(y)?)
    }

    /// What stands behind the address of a picture where it is shown cut: the style sheet reads it there (`media.css`), for
    /// pages have no styles of their own and some have no script. In steps of five percent.
    pub fn mark(self) -> String {
        let step = |share: f64| (share * 20.0).round() as u8 * 5;
        format!("#x{}-y{}", step(self.x), step(self.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_focus_lies_in_the_picture() {
        assert_eq!(Focus::of_percents("25", " 100 "), Some(Focus { x: 0.25, y: 1.0 }));
        for (x, y) in [("-1", "5"), ("5", "101"), ("", "5"), ("x", "5"), ("NaN", "5"), ("5", "inf")] {
            assert_eq!(Focus::of_percents(x, y), None, "{x} {y}");
        }
    }

    #[test]
    fn a_mark_goes_in_steps_that_the_style_sheet_knows() {
        let css = include_str!("../../assets/css/media.css");
        for (x, y, mark) in [(0.0, 1.0, "#x0-y100"), (0.333, 0.52, "#x35-y50"), (0.024, 0.976, "#x0-y100")] {
            assert_eq!(Focus { x, y }.mark(), mark);
        }
        for step in (0..=100).step_by(5) {
            assert!(css.contains(&format!("[src*=\"#x{step}-\"]")) && css.contains(&format!("[src$=\"-y{step}\"]")), "{step}");
        }
    }
}
