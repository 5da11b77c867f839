//! Prometheus' text format, version 0.0.4. <https://prometheus.io/docs/instrumenting/exposition_formats/>
//!
//! Written by hand: four kinds of lines need no crate. Names and labels come from this program alone, values of labels are
//! escaped all the same.

use std::fmt::Write as _;

use crate::kit::meter::Shape;

/// A page of numbers being written.
#[derive(Default)]
pub struct Exposition(String);

impl Exposition {
    /// The type that answers carry.
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// A family of gauges or counters: each sample is its labels and value. Nothing is written for none.
    pub fn family<'a>(
        &mut self,
        (name, kind, help): (&str, &str, &str),
        samples: impl IntoIterator<Item = (Vec<(&'a str, String)>, f64)>,
    ) {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return;
        }
        self.head(name, kind, help);
        for (labels, value) in samples {
            self.sample(name, &labels, value);
        }
    }

    /// One number without labels.
    pub fn single(&mut self, head: (&str, &str, &str), value: f64) {
        self.family(head, [(vec![], value)]);
    }

    /// A histogram.
    pub fn histogram(&mut self, name: &str, help: &str, shape: &Shape) {
        self.head(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        for (bound, count) in &shape.buckets {
            self.sample(&bucket, &[("le", bound.to_string())], *count as f64);
        }
        self.sample(&bucket, &[("le", "+Inf".to_owned())], shape.count as f64);
        self.sample(&format!("{name}_sum"), &[], shape.sum);
        self.sample(&format!("{name}_count"), &[], shape.count as f64);
    }

    /// The page.
    pub fn finish(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, String)], value: f64) {
        self.0.push_str(name);
        for (n, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{text}\"", if n == 0 { "{" } else { "," });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_the_format_says() {
        let mut page = Exposition::default();
        page.single(("up", "gauge", "Is it up."), 1.0);
        page.family(("n_total", "counter", "Things."), [(vec![("of", "a\"b\\c\nd".to_owned()), ("x", "y".into())], 2.5)]);
        page.family(("none_total", "counter", "Nothing."), []);
        page.histogram("s", "Sizes.", &Shape { buckets: vec![(0.5, 1), (2.0, 3)], count: 4, sum: 7.25 });
        let expected = concat!(
            "# HELP up Is it up.\n# TYPE up gauge\nup 1\n",
            "# HELP n_total Things.\n# TYPE n_total counter\nn_total{of=\"a\\\"b\\\\c\\nd\",x=\"y\"} 2.5\n",
            "# HELP s Sizes.\n# TYPE s histogram\ns_bucket{le=\"0.5\"} 1\ns_bucket{le=\"2\"} 3\ns_bucket{le=\"+Inf\"} 4\ns_sum 7.25\ns_count 4\n",
        );
        assert_eq!(page.finish(), expected);
    }
}
