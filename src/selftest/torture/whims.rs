//! The platform's whims: at random, some accounts are slow, strict, forgetful or rude for a while.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Scene;
use crate::{error::Result, fleet::Dice};

/// Changes an account's behaviour now and then, until the faults end.
pub async fn change(scene: Arc<Scene>, mut dice: Dice) {
    while !scene.is_over() {
        scene.pause(dice.millis(200, 1_000)).await;
        let (_, handle) = dice.pick(&scene.stock.channels).clone();
        let mut whim = whim(&mut dice);
        whim["account"] = json!(handle);
        if let Err(e) = scene.switch(&whim).await {
            tracing::warn!(error = %e, "the platform could not be switched");
        }
    }
}

/// Everybody behaves again.
pub async fn end(scene: &Scene) -> Result<()> {
    for (_, handle) in &scene.stock.channels {
        scene.switch(&json!({"account": handle, "mode": "ok"})).await?;
    }
    Ok(())
}

fn whim(dice: &mut Dice) -> Json {
    let times = dice.between(1, 4);
    // New posts cannot be read back at once: looking too early proves nothing.
    let read_delay = if dice.percent(30) { dice.between(100, 2_000) } else { 0 };
    let mut whim = match dice.between(0, 100) {
        0..20 => json!({"mode": "ok"}),
        20..35 => json!({"mode": "ok", "delay_ms": dice.between(200, 2_500), "times": times}),
        35..45 => json!({"mode": "rate_limit", "retry_after_s": dice.between(1, 3), "times": times}),
        45..52 => json!({"mode": "reject", "times": 1}),
        52..60 => json!({"mode": "server_error_before", "times": times}),
        60..70 => json!({"mode": "server_error_after", "times": times}),
        70..76 => json!({"mode": "drop_before", "times": times}),
        76..86 => json!({"mode": "drop_after", "times": times}),
        86..91 => json!({"mode": "hang", "times": 1}),
        _ => json!({"mode": "processing", "after_ms": dice.between(200, 3_000), "times": times}),
    };
    whim["read_delay_ms"] = json!(read_delay);
    whim
}
