//! A post's review as somebody sees it: where it stands, who has answered, and what they may do.

use crate::{
    app::App,
    delivery::{self, TargetState},
    error::Result,
    kit::{ChannelId, PostId},
    orgs::{Caller, ReviewPolicy, model_review},
    posts::{
        listing,
        model::{self, Review, Vote},
    },
};

/// Where a post stands with its review, for one caller.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The newest review; `None`: nobody was ever asked.
    pub review: Option<Review>,
    /// Its answers.
    pub votes: Vec<Vote>,
    /// What holds for posts on these channels now.
    pub policy: ReviewPolicy,
    /// The caller may answer.
    pub may_answer: bool,
    /// The caller has approved already.
    pub has_approved: bool,
    /// Drafts of it can be handed in.
    pub may_submit: bool,
    /// It waits and can be taken back.
    pub may_withdraw: bool,
}

/// What there is to say about a post.
pub async fn asked(app: &App, caller: &Caller, post: PostId) -> Result<Asked> {
    let org = caller.org;
    let review = model::review_of(&app.db, org, post).await?;
    let votes = match &review {
        Some(review) => model::votes(&app.db, org, review.id).await?,
        None => Vec::new(),
    };
    let listed = listing::of_post(&app.db, org, post).await?;
    let channels: Vec<ChannelId> = listed.iter().map(|l| l.target.channel_id).collect();
    let policy = if channels.is_empty() { ReviewPolicy::None } else { model::policy_of(&app.db, org, &channels).await? };
    let waits = |l: &&crate::posts::Listed| -> bool { l.target.reason.as_deref() == Some(delivery::IN_REVIEW) };
    let drafts: Vec<_> = listed.iter().filter(|l| l.target.state == TargetState::Draft).collect();
    let open = review.as_ref().filter(|r| r.is_open());
    let standing = match caller.user {
        Some(user) => model_review::standing(&app.db, org, user).await?,
        None => None,
    };
    let may_answer = open.zip(standing).is_some_and(|(r, (role, reviewer))| {
        r.policy().may_approve(role, reviewer, r.writer.is_some() && r.writer == caller.user)
    });
    Ok(Asked {
        has_approved: caller.user.is_some() && votes.iter().any(|v| v.user_id == caller.user && v.verdict == "approve"),
        may_answer,
        may_submit: policy != ReviewPolicy::None && drafts.iter().any(|l| !waits(l) || open.is_none()),
        may_withdraw: drafts.iter().any(waits),
        review,
        votes,
        policy,
    })
}

/// How many posts wait for the caller's answer, counted to a hundred; none for a key.
pub async fn waiting_for(app: &App, caller: &Caller) -> Result<i64> {
    match caller.user {
        Some(user) => model::waiting_for(&app.db, caller.org, user).await,
        None => Ok(0),
    }
}
