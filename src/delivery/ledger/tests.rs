//! Which entries may be written together.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::error::FailureKind;

fn place(part: PartId, channel: ChannelId) -> Place {
    let org = OrgId::new();
    Place {
        lane: Lane { channel_id: channel, org_id: org, epoch: 1, crashes: 0 },
        org,
        post: PostId::new(),
        target: TargetId::new(),
        version: VersionId::new(),
        part,
        next_at: None,
        position: 0,
        last: true,
        nothing_after: false,
    }
}

/// The kind by number, of a part on its channel.
fn entry(kind: u8, part: PartId, channel: ChannelId) -> Entry {
    let now = DateTime::UNIX_EPOCH;
    match kind {
        0 => Entry::End(End {
            attempt: AttemptId::new(),
            part,
            step: "post".into(),
            result: Err(Failure::new(FailureKind::Rejected, "")),
            now,
        }),
        1 => {
            let step = Intent {
                attempt: AttemptId::new(),
                name: "post".into(),
                key: Uuid::nil(),
                effect: "once",
                hash: [0; 32],
                is_new: true,
            };
            Entry::Begin(Box::new(Beginning { place: place(part, channel), claims: None, step, limits: Arc::default(), now }))
        }
        2 => Entry::Conclude(Box::new(Conclusion {
            place: place(part, channel),
            from: PartState::Sending,
            next: Next::Publish,
            tries: 1,
            looks: 0,
            failure: None,
            remotes: vec![],
            warnings: vec![],
            absent: false,
            heeded: Heeded::default(),
            used: None,
            kind: "part.published",
            releases: false,
            now,
        })),
        _ => Entry::Release(Lane { channel_id: channel, org_id: OrgId::new(), epoch: 1, crashes: 0 }),
    }
}

fn lengths(kinds: &[(u8, usize)]) -> Vec<usize> {
    let (parts, channels): (Vec<PartId>, Vec<ChannelId>) = (0..8).map(|_| (PartId::new(), ChannelId::new())).unzip();
    let entries: Vec<Entry> = kinds.iter().map(|(kind, of)| entry(*kind, parts[*of], channels[*of])).collect();
    let (mut rest, mut lengths) = (&entries[..], vec![]);
    while !rest.is_empty() {
        lengths.push(in_order(rest));
        rest = &rest[in_order(rest)..];
    }
    lengths
}

#[test]
fn what_different_parts_do_is_written_together_and_what_one_does_in_its_order() {
    assert_eq!(lengths(&[(1, 0), (1, 1), (2, 2), (0, 3), (3, 4), (1, 5)]), [6], "different parts");
    assert_eq!(lengths(&[(0, 0), (1, 0)]), [2], "the end of a step and the next one");
    assert_eq!(lengths(&[(0, 0), (2, 0)]), [2], "the end of the last step and the conclusion");
    assert_eq!(lengths(&[(2, 0), (3, 0)]), [2], "the conclusion and the lane");
    assert_eq!(lengths(&[(1, 0), (0, 0)]), [1, 1], "an end does not overtake its beginning");
    assert_eq!(lengths(&[(3, 0), (1, 0)]), [1, 1], "a lane given back is not begun on before");
    assert_eq!(lengths(&[(1, 0), (1, 0)]), [1, 1], "one row is written once by a statement");
}

proptest! {
    /// However entries are queued: within a run, those of one part or lane stand in the order of their kinds, each once.
    #[test]
    fn no_run_reorders_what_a_part_or_a_lane_sees(kinds in prop::collection::vec((0u8..4, 0usize..4), 1..40)) {
        let mut at = 0;
        for length in lengths(&kinds) {
            prop_assert!(length > 0);
            let run = &kinds[at..at + length];
            // What a part sees, and what a lane sees.
            for (of, seen) in (0..4).flat_map(|of| [(of, 0..=2), (of, 1..=3)]) {
                let mine: Vec<u8> = run.iter().filter(|(kind, o)| *o == of && seen.contains(kind)).map(|(kind, _)| *kind).collect();
                let sorted: Vec<u8> = mine.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
                prop_assert_eq!(&mine, &sorted);
            }
            at += length;
        }
        prop_assert_eq!(at, kinds.len());
    }
}
