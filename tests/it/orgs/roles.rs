//! Who may what: routes that members cannot use answer 403 to them and do something for administrators.

use super::member;
use crate::both_databases;

/// Method, path (`:channel` stands for one of the organisation) and the fields of its form.
type Request = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Everything that is for administrators.
const FOR_ADMINS: &[Request] = &[
    ("get", "/settings/organisation", &[]),
    ("PUT", "/settings/organisation", &[("name", "Taken"), ("timezone", "UTC")]),
    ("post", "/settings/api-key", &[]),
    ("get", "/settings/delivery", &[]),
    ("PUT", "/settings/delivery", &[("late_minutes", "7")]),
    ("get", "/settings/apps", &[]),
    ("get", "/settings/tokens", &[]),
    ("post", "/settings/tokens", &[("name", "Robot")]),
    ("post", "/settings/invites", &[("role", "member")]),
    ("get", "/channels/connect/sandbox", &[]),
    ("post", "/channels/connect/sandbox", &[("handle", "taken")]),
    ("post", "/channels/customers", &[("name", "Taken")]),
    ("DELETE", "/channels/:channel", &[]),
    ("PUT", "/channels/:channel", &[("name", "Taken")]),
    ("PUT", "/channels/:channel/late", &[("late_minutes", "7")]),
    ("PUT", "/channels/:channel/customer", &[("customer", "")]),
    ("post", "/channels/:channel/pause", &[]),
    ("DELETE", "/channels/:channel/pause", &[]),
    ("post", "/channels/:channel/slots", &[("time", "03:07")]),
    ("post", "/channels/:channel/test", &[]),
];

/// What members need every day.
const FOR_ALL: &[&str] = &[
    "/posts",
    "/posts/new",
    "/inbox",
    "/channels",
    "/media",
    "/notices",
    "/settings/account",
    "/settings/notices",
    "/settings/members",
    "/organisations",
    "/channels/:channel",
];

both_databases! {
    /// A member writes posts and looks at channels; settings, channels and people are for administrators.
    async fn a_member_changes_no_settings_and_no_channels(app) {
        let ann = app.owner().await;
        let channel = crate::posts::channel(&app, ann.org, "Press").await;
        let (_, browser) = member(&app, &ann, "member").await;
        let (_, admin) = member(&app, &ann, "admin").await;
        for (method, path, fields) in FOR_ADMINS {
            let path = path.replace(":channel", &channel.to_string());
            let mut form = fields.to_vec();
            let answer = match *method {
                "get" => browser.get(&path).await,
                "post" => browser.submit(&path, &form).await,
                method => {
                    form.push(("_method", method));
                    browser.submit(&path, &form).await
                }
            };
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
            if *method == "get" {
                assert_eq!(admin.get(&path).await.status, 200, "{path} for an administrator");
            }
        }
        for path in FOR_ALL {
            let path = path.replace(":channel", &channel.to_string());
            assert_eq!(browser.get(&path).await.status, 200, "{path}");
        }
        let shown = browser.get("/settings/account").await.expect(200).page();
        assert!(shown.contains("/settings/members") && !shown.contains("/settings/tokens"), "{shown}");
    }
}
