//! Attempts that have ended. An end is evidence and is written whoever has the lane by now.

use std::collections::HashSet;

use serde_json::json;

use super::End;
use crate::{
    db::{Tx, Value, portions, q},
    error::{Error, FailureKind, Result},
    kit::AttemptId,
};

/// Writes them. An attempt that was found absent, or whose part was edited, counts no more: a late refusal must not take
/// the doubt of the attempt after it away.
pub async fn write(tx: &mut Tx, all: &[(usize, &End)]) -> Result<()> {
    let rows = all.iter().map(|(_, end)| attempt(end)).collect::<Result<Vec<_>>>()?;
    let mut counted: HashSet<AttemptId> = HashSet::with_capacity(all.len());
    for portion in portions(&rows) {
        let ended: Vec<(AttemptId,)> =
            q("UPDATE attempts SET ended_at = v.column2, outcome = v.column3, failure = v.column4 FROM (")
                .rows("VALUES ", portion.iter().cloned())
                .push(
                    ") AS v WHERE attempts.id = v.column1 AND (attempts.outcome IS NULL OR v.column3 = 'done')
                     RETURNING attempts.id",
                )
                .all(&mut *tx)
                .await?;
        counted.extend(ended.into_iter().map(|(id,)| id));
    }
    let counted: Vec<&End> = all.iter().map(|(_, end)| *end).filter(|end| counted.contains(&end.attempt)).collect();
    let done: Vec<Vec<Value>> = counted.iter().filter_map(|end| step(end)).collect();
    for portion in portions(&done) {
        q("UPDATE steps SET state = 'done', result = v.column3 FROM (")
            .rows("VALUES ", portion.iter().cloned())
            .push(") AS v WHERE steps.part_id = v.column1 AND steps.name = v.column2")
            .exec(tx)
            .await?;
    }
    for end in counted.iter().filter(|end| outcome(end) == "failed") {
        q("UPDATE steps SET unsure = unsure - 1 WHERE part_id = $1 AND name = $2 AND unsure > 0")
            .bind(end.part)
            .bind(&end.step)
            .exec(tx)
            .await?;
    }
    Ok(())
}

fn outcome(end: &End) -> &'static str {
    match &end.result {
        Ok(_) => "done",
        Err(f) if f.kind == FailureKind::Uncertain => "uncertain",
        Err(_) => "failed",
    }
}

fn attempt(end: &End) -> Result<Vec<Value>> {
    let failure = end.result.as_ref().err().map(serde_json::to_value).transpose().map_err(Error::internal)?;
    Ok(vec![end.attempt.into(), end.now.into(), outcome(end).into(), failure.into()])
}

/// What a finished step gave, in an array, because a bare scalar does not keep its type in every database.
fn step(end: &End) -> Option<Vec<Value>> {
    let result = end.result.as_ref().ok()?;
    Some(vec![end.part.into(), (&end.step).into(), json!([result]).into()])
}
