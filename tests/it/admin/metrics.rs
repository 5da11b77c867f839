//! `/metrics`: who may read it, and that every line is what Prometheus reads.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use rostrum::{
    delivery::TargetState,
    kit::{Clock, Secret},
    posts::When,
};

use crate::{
    both_databases,
    delivery::Rig,
    support::{Client, Engine},
};

const TOKEN: &str = "a-token-of-some-length";

mod both {
    crate::on_both! { the_numbers_are_for_who_has_the_token every_line_is_what_prometheus_reads }
}

async fn read(browser: &Client, header: Option<&str>) -> crate::support::Answer {
    let request = browser.request(Method::GET, "/metrics");
    browser
        .send(match header {
            Some(value) => request.header("authorization", value),
            None => request,
        })
        .await
}

both_databases! {
    /// Without a token in the configuration there is no such page, whatever is brought.
    async fn without_a_token_there_are_no_numbers(app) {
        let owner = app.owner().await;
        read(&owner.browser, Some("Bearer ")).await.expect(404);
        read(&app.visitor(), None).await.expect(404);
    }
}

async fn the_numbers_are_for_who_has_the_token(database: Engine) {
    let rig = Rig::with(database, Clock::system(), |c| c.metrics.token = Some(Secret::new(TOKEN))).await;
    let visitor = rig.app.visitor();
    for wrong in [None, Some("Bearer "), Some("Bearer a-token-of-some-lengtH"), Some(TOKEN), Some("Basic YTpi")] {
        let refused = read(&visitor, wrong).await.expect(401);
        assert_eq!((refused.header("www-authenticate"), refused.body.len()), ("Bearer", 0), "{wrong:?}");
    }
    // A session opens nothing, nor does an API key.
    read(&rig.owner.browser, None).await.expect(401);
    read(&rig.app.visitor(), Some(&format!("Bearer {}", rig.owner.api_key))).await.expect(401);
    let page = read(&visitor, Some(&format!("Bearer {TOKEN}"))).await.expect(200);
    assert_eq!(page.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(!page.text().contains(TOKEN));
}

async fn every_line_is_what_prometheus_reads(database: Engine) {
    let rig = Rig::with(database, Clock::system(), |c| c.metrics.token = Some(Secret::new(TOKEN))).await;
    let id = rig.post(When::Now, &["counted"]).await;
    rig.reaches(id, TargetState::Published).await;
    rig.app.visitor().get("/assets/0/css/tokens.css").await.expect(200);
    let header = format!("Bearer {TOKEN}");
    let page = read(&rig.app.visitor(), Some(&header)).await.expect(200).text();
    let families = parse(&page);
    let value = |name: &str| families.get(name).unwrap_or_else(|| panic!("no {name} in\n{page}"));
    assert_eq!(value("rostrum_database_up")[""], 1.0);
    assert_eq!(value("rostrum_delivery_due")[""], 0.0);
    assert_eq!(value("rostrum_delivery_on_time_ratio")["within=\"60s\""], 1.0);
    assert!(value("process_resident_memory_bytes")[""] > 1e6 && value("process_open_fds")[""] > 3.0);
    assert!(value("rostrum_delivery_parts_total")["provider=\"sandbox\",outcome=\"published\""] >= 1.0);
    assert!(value("rostrum_delivery_attempts_total")["outcome=\"done\""] >= 1.0);
    assert!(value("rostrum_delivery_lateness_seconds_count")[""] >= 1.0);
    assert!(value("rostrum_ledger_group_entries_count")[""] >= 1.0 && value("rostrum_ledger_commit_seconds_count")[""] >= 1.0);
    assert!(value("rostrum_http_requests_total")["class=\"asset\",status=\"200\""] >= 1.0);
    let pool = if rig.app.app.db.is_postgres() { "postgres" } else { "write" };
    assert!(value("rostrum_database_connections").contains_key(format!("pool=\"{pool}\",state=\"idle\"").as_str()));
    // Labels come from the program: asking for many addresses makes no new ones.
    for n in 0..20 {
        rig.app.visitor().get(&format!("/made-up-{n}/x")).await;
    }
    let again = parse(&read(&rig.app.visitor(), Some(&header)).await.expect(200).text());
    assert!(again["rostrum_http_requests_total"].len() <= 60, "{:?}", again["rostrum_http_requests_total"].keys());
}

/// Samples by name and labels. Strict: names, labels, escapes, values, one HELP and TYPE before the samples of each family, all
/// samples of a family together and each once, histograms complete and rising.
fn parse(page: &str) -> BTreeMap<String, BTreeMap<String, f64>> {
    assert!(page.ends_with('\n') && !page.contains("\n\n") && !page.contains('\r'));
    let is_name = |name: &str| {
        let first = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == ':');
        first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
    };
    let mut samples: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    let (mut family, mut kind, mut helped, mut seen) = (String::new(), String::new(), String::new(), BTreeSet::new());
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect(line);
            assert!(is_name(name) && !help.is_empty(), "{line}");
            helped = name.to_owned();
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, word) = rest.split_once(' ').expect(line);
            assert!(name == helped && ["counter", "gauge", "histogram"].contains(&word), "{line}");
            assert!(seen.insert(name.to_owned()), "{name} twice");
            assert!(word != "counter" || name.ends_with("_total"), "{line}");
            (family, kind) = (name.to_owned(), word.to_owned());
            continue;
        }
        let (series, number) = line.rsplit_once(' ').expect(line);
        let value: f64 = number.parse().expect(line);
        assert!(value.is_finite() && (kind == "gauge" || value >= 0.0), "{line}");
        let (name, labels) = match series.split_once('{') {
            Some((name, rest)) => (name, rest.strip_suffix('}').expect(line)),
            None => (series, ""),
        };
        assert!(is_name(name), "{line}");
        let suffix = name.strip_prefix(family.as_str()).expect(line);
        let suffixes: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        assert!(suffixes.contains(&suffix), "{line} is no sample of {family}");
        check_labels(labels, line);
        assert!(samples.entry(name.to_owned()).or_default().insert(labels.to_owned(), value).is_none(), "{line} twice");
    }
    for name in seen {
        if let Some(buckets) = samples.get(&format!("{name}_bucket")) {
            let bound = |labels: &str| labels.trim_start_matches("le=\"").trim_end_matches('"').parse::<f64>().unwrap();
            let mut rising: Vec<(f64, f64)> = buckets.iter().map(|(labels, n)| (bound(labels), *n)).collect();
            rising.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(rising.windows(2).all(|two| two[0].1 <= two[1].1), "{name}");
            assert_eq!(rising.last().unwrap(), &(f64::INFINITY, samples[&format!("{name}_count")][""]), "{name}");
            assert!(samples.contains_key(&format!("{name}_sum")));
        }
    }
    samples
}

fn check_labels(labels: &str, line: &str) {
    let mut rest = labels;
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").expect(line);
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !name.is_empty(), "{line}");
        let end = value.char_indices().find(|(n, c)| *c == '"' && !value[..*n].ends_with('\\')).expect(line).0;
        rest = value[end + 1..].strip_prefix(',').unwrap_or(&value[end + 1..]);
    }
}
