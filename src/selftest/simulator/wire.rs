//! The network between a simulated process and the platforms.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{
    platform::World,
    story::{Death, Life},
};
use crate::{
    db::gate::Gate,
    http::{Answer, Broken, Sent, Wire},
    kit::Clock,
};

/// One process's connection to the world.
pub struct Line {
    pub world: Arc<World>,
    pub clock: Clock,
    pub gate: Arc<Gate>,
    pub life: Option<Life>,
}

impl Wire for Line {
    fn exchange(&self, sent: Sent) -> BoxFuture<'static, Result<Answer, Broken>> {
        let (world, clock, gate, life) = (self.world.clone(), self.clock.clone(), self.gate.clone(), self.life);
        Box::pin(async move {
            if sent.url.path() == "/kill" {
                world.lock().timeline.add(clock.ran(), "process", "dies of what it is about to send");
                return gate.die().await;
            }
            let death = life.map_or(Death::Never, |l| l.death);
            let number = world.lock().sent;
            let (id, course) = world.lock().send(sent, clock.ran());
            if death == Death::Leaving(number) {
                world.lock().timeline.add(clock.ran(), "process", "dies as a request leaves");
                return gate.die().await;
            }
            clock.sleep(course.ends).await;
            if death == Death::Answered(number) {
                world.lock().timeline.add(clock.ran(), "process", "dies as an answer arrives");
                return gate.die().await;
            }
            world.lock().collect(id, clock.ran())
        })
    }
}
