//! The table `customers`, and which channel is run for whom.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, is_unique_violation, q},
    error::{Error, OrNotFound as _, Result},
    kit::{ChannelId, CustomerId, OrgId},
};

/// Most of one organisation.
const MOST: i64 = 1_000;

/// Whom channels are run for.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// Its name, unique in the organisation.
    pub name: String,
}

impl Customer {
    /// All of an organisation, by name.
    pub async fn list(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Self>> {
        q("SELECT id, name FROM customers WHERE org_id = $1 ORDER BY lower(name), id").bind(org).all(ex).await
    }

    /// By id within an organisation.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: CustomerId) -> Result<Self> {
        let found = q("SELECT id, name FROM customers WHERE org_id = $1 AND id = $2").bind(org).bind(id);
        found.opt(ex).await.or_not_found("customer")
    }

    /// Adds one; a name that there is already is an error of the field `name`, after which the transaction must be dropped.
    pub async fn add(tx: &mut Tx, org: OrgId, name: &str, now: DateTime<Utc>) -> Result<Self> {
        let (count,): (i64,) = q("SELECT count(*) FROM customers WHERE org_id = $1").bind(org).one(&mut *tx).await?;
        if count >= MOST {
            return Err(Error::invalid("name", "customers.too_many"));
        }
        let customer = Self { id: CustomerId::new(), name: name.to_owned() };
        let added = q("INSERT INTO customers (id, org_id, name, created_at) VALUES ($1, $2, $3, $4)")
            .bind(customer.id)
            .bind(org)
            .bind(name)
            .bind(now)
            .exec(tx)
            .await;
        taken(added).map(|_| customer)
    }

    /// Gives it another name; as [`Customer::add`].
    pub async fn rename(tx: &mut Tx, org: OrgId, id: CustomerId, name: &str) -> Result<()> {
        let renamed =
            q("UPDATE customers SET name = $1 WHERE org_id = $2 AND id = $3").bind(name).bind(org).bind(id).exec(tx).await;
        if taken(renamed)? == 1 { Ok(()) } else { Err(Error::NotFound("customer")) }
    }

    /// What each customer of an organisation has chosen about approvals; `None`: as the organisation.
    pub async fn reviews(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<(CustomerId, Option<String>)>> {
        q("SELECT id, review FROM customers WHERE org_id = $1").bind(org).all(ex).await
    }

    /// Chooses for one customer; [`Error::NotFound`] for one of another organisation.
    pub async fn set_review(tx: &mut Tx, org: OrgId, id: CustomerId, policy: Option<&'static str>) -> Result<()> {
        let set = q("UPDATE customers SET review = $3 WHERE org_id = $1 AND id = $2");
        let changed = set.bind(org).bind(id).bind(policy).exec(tx).await?;
        if changed == 1 { Ok(()) } else { Err(Error::NotFound("customer")) }
    }

    /// Removes it; its channels stay, without one.
    pub async fn remove(tx: &mut Tx, org: OrgId, id: CustomerId) -> Result<()> {
        let channels = q("UPDATE channels SET customer_id = NULL WHERE org_id = $1 AND customer_id = $2");
        channels.bind(org).bind(id).exec(tx).await?;
        let removed = q("DELETE FROM customers WHERE org_id = $1 AND id = $2").bind(org).bind(id).exec(tx).await?;
        if removed == 1 { Ok(()) } else { Err(Error::NotFound("customer")) }
    }

    /// Says whom a channel is run for; `None`: nobody in particular. [`Error::NotFound`] for a customer of another
    /// organisation.
    pub async fn assign(tx: &mut Tx, org: OrgId, channel: ChannelId, customer: Option<CustomerId>) -> Result<()> {
        if let Some(id) = customer {
            Self::find(&mut *tx, org, id).await?;
        }
        q("UPDATE channels SET customer_id = $1 WHERE org_id = $2 AND id = $3 AND deleted_at IS NULL")
            .bind(customer)
            .bind(org)
            .bind(channel)
            .exec(tx)
            .await?;
        Ok(())
    }
}

fn taken(done: Result<u64>) -> Result<u64> {
    match done {
        Err(e) if is_unique_violation(&e) => Err(Error::invalid("name", "customers.taken")),
        done => done,
    }
}
