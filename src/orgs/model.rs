//! The tables `organisations` and `memberships`.

use crate::{
    db::{Ex, FromRow, q},
    error::{OrNotFound as _, Result},
    kit::OrgId,
};

/// A tenant.
#[derive(Debug, Clone, FromRow)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// IANA zone of new channels and of the pages.
    pub zone: String,
}

impl Organisation {
    /// By id.
    pub async fn find(ex: impl Into<Ex<'_>>, id: OrgId) -> Result<Self> {
        q("SELECT id, name, zone FROM organisations WHERE id = $1").bind(id).opt(ex).await.or_not_found("organisation")
    }
}
