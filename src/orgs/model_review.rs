//! The columns of `organisations` and `memberships` that say who approves.

use super::{ReviewPolicy, Role};
use crate::{
    db::{Ex, Tx, q},
    error::{OrNotFound as _, Result},
    kit::{OrgId, UserId},
};

/// What an organisation has chosen.
pub async fn policy(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<ReviewPolicy> {
    let (word,): (String,) =
        q("SELECT review FROM organisations WHERE id = $1").bind(org).opt(ex).await.or_not_found("organisation")?;
    Ok(ReviewPolicy::parse(&word).unwrap_or(ReviewPolicy::One))
}

/// Another choice.
pub async fn set_policy(tx: &mut Tx, org: OrgId, policy: ReviewPolicy) -> Result<()> {
    q("UPDATE organisations SET review = $2 WHERE id = $1").bind(org).bind(policy.as_str()).exec(tx).await?;
    Ok(())
}

/// Role of a member and whether they were chosen to approve; `None` for somebody who is no member.
pub async fn standing(ex: impl Into<Ex<'_>>, org: OrgId, user: UserId) -> Result<Option<(Role, bool)>> {
    let row: Option<(String, bool)> =
        q("SELECT role, reviews FROM memberships WHERE org_id = $1 AND user_id = $2").bind(org).bind(user).opt(ex).await?;
    Ok(row.map(|(role, reviews)| (Role::parse(&role), reviews)))
}

/// Everybody who may approve something: administrators, owners, and those who were chosen.
pub async fn approvers(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<UserId>> {
    let rows: Vec<(UserId,)> =
        q("SELECT user_id FROM memberships WHERE org_id = $1 AND (reviews OR role IN ('owner', 'admin')) ORDER BY user_id")
            .bind(org)
            .all(ex)
            .await?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Members who were chosen to approve.
pub async fn reviewers(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<UserId>> {
    let rows: Vec<(UserId,)> = q("SELECT user_id FROM memberships WHERE org_id = $1 AND reviews").bind(org).all(ex).await?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Chooses exactly these members.
pub async fn set_reviewers(tx: &mut Tx, org: OrgId, users: &[UserId]) -> Result<()> {
    q("UPDATE memberships SET reviews = FALSE WHERE org_id = $1 AND reviews").bind(org).exec(&mut *tx).await?;
    if !users.is_empty() {
        q("UPDATE memberships SET reviews = TRUE WHERE org_id = $1")
            .bind(org)
            .list(" AND user_id IN ", users.iter().copied())
            .exec(tx)
            .await?;
    }
    Ok(())
}
