//! The composer's word about approval: whether what is written has to be approved before it goes out on the channels that are
//! chosen, and by whom. Whether it has to be in the end is decided when it is saved.

use serde::Serialize;

use super::{composer::Desk, typed::Typed};
use crate::{
    app::App,
    error::{Message, Result},
    identity,
    kit::{ChannelId, UserId},
    orgs::{Caller, ReviewPolicy, Role, model_review},
    posts::model,
    render::text,
};

/// Names that are said; of more there is an ellipsis.
const NAMES: usize = 5;

/// That somebody has to approve it.
#[derive(Debug, Clone, Serialize)]
pub struct Approval {
    /// Who, in a sentence.
    text: String,
}

impl Approval {
    /// Of a form as it stands; `None`: it goes out without.
    pub async fn of(app: &App, caller: &Caller, typed: &Typed, desk: &Desk) -> Result<Option<Self>> {
        let channels: Vec<ChannelId> = desk.chosen(typed).map(|c| c.id).collect();
        if channels.is_empty() {
            return Ok(None);
        }
        let policy = model::policy_of(&app.db, caller.org, &channels).await?;
        if policy == ReviewPolicy::None {
            return Ok(None);
        }
        let chosen = model_review::reviewers(&app.db, caller.org).await?;
        let members = identity::members(&app.db, caller.org).await?;
        let may = |role: &str, id: UserId| policy.may_approve(Role::parse(role), chosen.contains(&id), Some(id) == caller.user);
        let names = members.into_iter().filter(|m| may(&m.role, m.user_id)).map(|m| m.name).collect();
        Ok(Some(Self { text: text(&sentence(policy, names)) }))
    }
}

fn sentence(policy: ReviewPolicy, mut names: Vec<String>) -> Message {
    let key = match policy {
        ReviewPolicy::Client => return "review.compose_client".into(),
        ReviewPolicy::Two if names.len() < 2 => return "review.compose_two_few".into(),
        ReviewPolicy::Two => "review.compose_two",
        ReviewPolicy::One | ReviewPolicy::None => "review.compose_one",
    };
    let more = names.len() > NAMES;
    names.truncate(NAMES);
    let names = names.join(", ");
    Message::new(key).with("names", if more { format!("{names} …") } else { names })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("Person {n}")).collect()
    }

    #[test]
    fn it_is_said_who_may_and_when_there_are_too_few() {
        for (policy, people, key) in [
            (ReviewPolicy::One, 1, "review.compose_one"),
            (ReviewPolicy::Two, 1, "review.compose_two_few"),
            (ReviewPolicy::Two, 2, "review.compose_two"),
            (ReviewPolicy::Client, 3, "review.compose_client"),
        ] {
            assert_eq!(sentence(policy, names(people)).key, key, "{policy:?} {people}");
        }
        let said = text(&sentence(ReviewPolicy::One, names(7)));
        assert!(said.contains("Person 4 …") && !said.contains("Person 5"), "{said}");
    }
}
