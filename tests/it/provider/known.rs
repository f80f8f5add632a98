//! The senders that every release must know: what each sends is recognised as its own over a socket.

use crate::support::Server;

/// Slug, header fields, body.
const SENDERS: [(&str, &[&str], &str); 63] = [
    (
        "standard-webhooks",
        &[
            "webhook-id: msg_1",
            "webhook-timestamp: 1",
            "webhook-signature: v1,AA==",
        ],
        "{}",
    ),
    (
        "svix",
        &[
            "svix-id: msg_1",
            "svix-timestamp: 1",
            "svix-signature: v1,AA==",
        ],
        r#"{"type":"a.b"}"#,
    ),
    ("stripe", &["Stripe-Signature: t=1,v1=00"], "{}"),
    (
        "github",
        &["X-GitHub-Event: push", "X-GitHub-Delivery: 1"],
        "{}",
    ),
    (
        "gitlab",
        &["X-Gitlab-Event: Push Hook", "X-Gitlab-Token: t"],
        "{}",
    ),
    (
        "bitbucket",
        &["X-Event-Key: repo:push", "X-Hook-UUID: 1"],
        "{}",
    ),
    (
        "gitea",
        &[
            "X-Gitea-Event: push",
            "X-GitHub-Event: push",
            "X-Gogs-Event: push",
        ],
        "{}",
    ),
    (
        "shopify",
        &[
            "X-Shopify-Topic: orders/create",
            "X-Shopify-Hmac-Sha256: AA==",
        ],
        "{}",
    ),
    (
        "slack",
        &["X-Slack-Signature: v0=00", "X-Slack-Request-Timestamp: 1"],
        "{}",
    ),
    (
        "discord",
        &["X-Signature-Ed25519: 00", "X-Signature-Timestamp: 1"],
        r#"{"type":2}"#,
    ),
    ("twilio", &["X-Twilio-Signature: AA=="], "a=1"),
    (
        "sendgrid",
        &[
            "X-Twilio-Email-Event-Webhook-Signature: AA==",
            "X-Twilio-Email-Event-Webhook-Timestamp: 1",
        ],
        "[]",
    ),
    (
        "mailgun",
        &[],
        r#"{"signature":{"token":"a"},"event-data":{"id":"b"}}"#,
    ),
    (
        "postmark",
        &[],
        r#"{"RecordType":"Delivery","MessageID":"a"}"#,
    ),
    (
        "resend",
        &["svix-id: msg_1"],
        r#"{"type":"email.sent","created_at":"2026-11-25T09:30:10Z","data":{}}"#,
    ),
    ("paypal", &["PAYPAL-TRANSMISSION-ID: 1"], "{}"),
    ("square", &["x-square-hmacsha256-signature: AA=="], "{}"),
    ("paddle", &["Paddle-Signature: ts=1;h1=00"], "{}"),
    (
        "lemonsqueezy",
        &["X-Event-Name: order_created", "X-Signature: 00"],
        "{}",
    ),
    (
        "braintree",
        &["Content-Type: application/x-www-form-urlencoded"],
        "bt_signature=a%7Cb&bt_payload=PHg%2B",
    ),
    ("adyen", &[], r#"{"live":"false","notificationItems":[]}"#),
    ("razorpay", &["X-Razorpay-Signature: 00"], "{}"),
    ("checkout-com", &["Cko-Signature: 00"], "{}"),
    ("plaid", &["Plaid-Verification: ey.ey.x"], "{}"),
    (
        "zoom",
        &["x-zm-signature: v0=00", "x-zm-request-timestamp: 1"],
        "{}",
    ),
    ("hubspot", &["X-HubSpot-Signature-v3: AA=="], "[]"),
    (
        "linear",
        &["Linear-Signature: 00", "Linear-Event: Issue"],
        "{}",
    ),
    (
        "intercom",
        &["X-Hub-Signature: sha1=00"],
        r#"{"type":"notification_event","topic":"a"}"#,
    ),
    ("typeform", &["Typeform-Signature: sha256=AA=="], "{}"),
    ("calendly", &["Calendly-Webhook-Signature: t=1,v1=00"], "{}"),
    ("dropbox", &["X-Dropbox-Signature: 00"], "{}"),
    ("box", &["BOX-DELIVERY-ID: 1"], "{}"),
    ("docusign", &["X-DocuSign-Signature-1: AA=="], "{}"),
    ("zendesk", &["X-Zendesk-Webhook-Signature: AA=="], "{}"),
    (
        "jira",
        &["X-Atlassian-Webhook-Identifier: 1"],
        r#"{"webhookEvent":"jira:issue_created"}"#,
    ),
    (
        "sentry",
        &["Sentry-Hook-Resource: issue", "Sentry-Hook-Signature: 00"],
        "{}",
    ),
    ("pagerduty", &["X-PagerDuty-Signature: v1=00"], "{}"),
    ("vercel", &["x-vercel-signature: 00"], "{}"),
    ("line", &["X-Line-Signature: AA=="], "{}"),
    (
        "meta",
        &["X-Hub-Signature-256: sha256=00"],
        r#"{"object":"whatsapp_business_account","entry":[]}"#,
    ),
    (
        "x-twitter",
        &["X-Twitter-Webhooks-Signature: sha256=AA=="],
        "{}",
    ),
    (
        "microsoft-graph",
        &[],
        r#"{"value":[{"subscriptionId":"a","clientState":"b"}]}"#,
    ),
    ("aws-sns", &["x-amz-sns-message-type: Notification"], "{}"),
    (
        "okta",
        &[],
        r#"{"eventType":"com.okta.event_hook","cloudEventsVersion":"0.1"}"#,
    ),
    ("woocommerce", &["X-WC-Webhook-Topic: order.updated"], "{}"),
    ("xero", &["x-xero-signature: AA=="], "{}"),
    ("asana", &["X-Hook-Signature: 00"], "{}"),
    ("trello", &["X-Trello-Webhook: AA=="], "{}"),
    ("twitch", &["Twitch-Eventsub-Message-Id: 1"], "{}"),
    (
        "websub",
        &[
            "Content-Type: application/atom+xml",
            "Link: <https://hub.example/>; rel=\"hub\"",
        ],
        "<feed/>",
    ),
    (
        "strava",
        &[],
        r#"{"aspect_type":"create","object_type":"activity"}"#,
    ),
    ("nylas", &["x-nylas-signature: 00"], "{}"),
    (
        "cloudevents",
        &["ce-specversion: 1.0", "ce-type: a", "ce-id: 1"],
        "{}",
    ),
    ("event-grid", &["aeg-event-type: Notification"], "[]"),
    ("monday", &[], r#"{"event":{"boardId":1,"pulseId":2}}"#),
    ("notion", &["X-Notion-Signature: sha256=00"], "{}"),
    (
        "clerk",
        &["svix-id: msg_1"],
        r#"{"data":{},"object":"event","type":"user.created"}"#,
    ),
    ("workos", &["WorkOS-Signature: t=1, v1=00"], "{}"),
    ("telegram", &["X-Telegram-Bot-Api-Secret-Token: t"], "{}"),
    (
        "polar",
        &["webhook-id: msg_1", "User-Agent: polar.sh webhooks"],
        "{}",
    ),
    ("coinbase-commerce", &["X-CC-Webhook-Signature: 00"], "{}"),
    (
        "alertmanager",
        &[],
        r#"{"receiver":"a","status":"firing","alerts":[]}"#,
    ),
    (
        "grafana",
        &[],
        r#"{"receiver":"a","status":"firing","orgId":1,"alerts":[]}"#,
    ),
];

#[test]
fn every_sender_that_must_be_known_is() {
    let server = Server::start();
    let bin = server.bin();
    let mut wrong = Vec::new();
    for (slug, fields, body) in SENDERS {
        let target = format!("/{}/in", bin.id);
        let answer = server.request("POST", &target, fields, body.as_bytes());
        let n = answer.header("x-hookwell-request").unwrap();
        let have = server.capture(&bin, n.parse().unwrap())["provider"].clone();
        if have != slug {
            wrong.push(format!("{slug}: {have}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
