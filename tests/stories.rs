//! The simulator itself, and a corpus of stories. A program of its own: it takes every core for a minute, and the tests that wait
//! for something within seconds are not to run beside it.

use rostrum::selftest::simulator::{Plan, replay, run};

fn plan(from: u64, seeds: u64, scratch: &tempfile::TempDir) -> Plan {
    Plan { from, seeds, scratch: scratch.path().to_owned(), database: None, threads: 2 }
}

/// Two runs of a seed are the same story, event by event.
#[test]
fn a_seed_is_the_same_story_every_time() {
    for seed in 1..=12 {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, two) = (replay(&plan(seed, 1, &one)).unwrap(), replay(&plan(seed, 1, &two)).unwrap());
        assert_eq!(one.told, two.told, "seed {seed}");
        assert_eq!(one.hash, two.hash);
    }
}

/// `rostrum selftest --seeds 500`, on a directory in memory where there is one.
#[test]
fn five_hundred_stories_break_nothing() {
    let memory = std::path::Path::new("/dev/shm");
    let scratch = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let report = run(&plan(0, 500, &scratch)).unwrap();
    assert!(report.broken.is_empty(), "{:?}\n{}", report.broken, report.told.join("\n"));
    assert_eq!(report.seeds, 500);
    assert!(report.published > 500 && report.crashes > 200 && report.requests > 3_000, "they did little: {report:?}");
}
