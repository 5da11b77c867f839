//! `/api/v1/customers`: whom channels are run for. Which channel is whose is a property of the channel.

use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use serde::Serialize;
use serde_json::Value as Json;

use crate::{
    app::App,
    channels::model::Customer,
    db::Tx,
    error::{Error, Result},
    kit::CustomerId,
    orgs::{Caller, Role, check},
    tokens::{
        Refusal, Scope,
        api::{About, Answer, Bearer, Once, Page, Read, Reply, Write, id},
    },
    web::{
        input::{Object as Input, Wrong},
        payload::Body,
    },
};

/// The operations.
pub struct Customers;

/// Whom channels are run for.
#[derive(Object, Serialize)]
#[oai(rename = "Customer", example)]
pub struct CustomerView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The name of a customer.
#[derive(Object)]
#[oai(rename = "CustomerName", example)]
struct Named {
    /// 1 to 100 characters, unlike every other customer's.
    name: String,
}

impl Example for CustomerView {
    fn example() -> Self {
        Self { id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8aa1".into(), name: "Menabrea Ltd".into() }
    }
}

impl Example for Named {
    fn example() -> Self {
        Self { name: "Menabrea Ltd".into() }
    }
}

impl From<Customer> for CustomerView {
    fn from(customer: Customer) -> Self {
        Self { id: customer.id.to_string(), name: customer.name }
    }
}

#[OpenApi]
impl Customers {
    /// List the customers
    ///
    /// All of them, by name. Needs `channels:read`.
    #[oai(path = "/customers", method = "get", operation_id = "listCustomers", tag = "About::Channels")]
    async fn list(&self, app: App, token: Bearer) -> Answer<Reply<Page<CustomerView>>, Read> {
        let org = token.may(Scope::ChannelsRead)?.org;
        let all = Customer::list(&app.db, org).await?;
        Ok(Page::written(all.into_iter().map(CustomerView::from).collect(), None))
    }

    /// Add a customer
    ///
    /// Needs `channels:write`.
    #[oai(path = "/customers", method = "post", operation_id = "createCustomer", tag = "About::Channels")]
    async fn create(&self, app: App, token: Bearer, once: Once, body: Body<Named>) -> Answer<Reply<CustomerView, 201>, Write> {
        let (caller, mut tx) = begin(&app, &token).await?;
        let customer = Customer::add(&mut tx, caller.org, &name(&body.json)?, app.clock.now()).await?;
        Ok(once.commit(tx, Reply::new(&CustomerView::from(customer))).await?)
    }

    /// Rename a customer
    ///
    /// Needs `channels:write`.
    #[oai(path = "/customers/:id", method = "put", operation_id = "renameCustomer", tag = "About::Channels")]
    async fn rename(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the customer.
        id: Path<String>,
        body: Body<Named>,
    ) -> Answer<Reply<CustomerView>, Write> {
        let (caller, mut tx) = begin(&app, &token).await?;
        let id: CustomerId = self::id(&id, "customer")?;
        Customer::find(&mut tx, caller.org, id).await?;
        Customer::rename(&mut tx, caller.org, id, &name(&body.json)?).await?;
        let customer = Customer::find(&mut tx, caller.org, id).await?;
        Ok(once.commit(tx, Reply::new(&CustomerView::from(customer))).await?)
    }

    /// Remove a customer
    ///
    /// Its channels stay, without one. Needs `channels:write`.
    #[oai(path = "/customers/:id", method = "delete", operation_id = "deleteCustomer", tag = "About::Channels")]
    async fn remove(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the customer.
        id: Path<String>,
    ) -> Answer<Reply<CustomerView>, Write> {
        let (caller, mut tx) = begin(&app, &token).await?;
        let id: CustomerId = self::id(&id, "customer")?;
        let customer = Customer::find(&mut tx, caller.org, id).await?;
        Customer::remove(&mut tx, caller.org, id).await?;
        Ok(once.commit(tx, Reply::new(&CustomerView::from(customer))).await?)
    }
}

async fn begin<'a>(app: &App, token: &'a Bearer) -> Result<(&'a Caller, Tx), Refusal> {
    let caller = token.may(Scope::ChannelsWrite)?;
    caller.require(Role::Admin)?;
    Ok((caller, app.db.begin().await?))
}

fn name(body: &Json) -> Result<String> {
    let wrong = Wrong::default();
    let given = Input::body(body, &wrong).and_then(|body| body.required_text("name"));
    wrong.check()?;
    check::name("name", given.unwrap_or_default()).map_err(|e| Error::Invalid(vec![e]))
}
