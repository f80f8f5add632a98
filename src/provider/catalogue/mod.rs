//! The known senders: one file and one word each.
//!
//! A file holds a [`Provider`] and nothing that another file uses. One that is not named below is not compiled, and a name
//! without a file does not compile. What a file may say it finds in its `prelude`.
//!
//! Left out, as their facts are not established by more than one source or by a reference implementation: Ably, Adobe, Datadog,
//! Docker Hub, eBay, Figma, Fitbit, Kick, Lark, Mailchimp, npm, Pusher, Smartsheet, and of Vercel the log drains.
//!
//! To add a provider: `acme.rs` here with `pub(super) static PROVIDER`, the word `acme` in its place of the order, and
//! vectors in `tests/vectors/`.

mod prelude;

use super::Provider;

macro_rules! catalogue {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// All providers, by their slugs.
        pub static PROVIDERS: &[&Provider] = &[$(&$name::PROVIDER),*];
    };
}

catalogue![
    adyen,
    airtable,
    alertmanager,
    asana,
    auth0,
    aws_sns,
    bitbucket,
    r#box,
    braintree,
    cal_com,
    calendly,
    checkout_com,
    circleci,
    clerk,
    clickup,
    cloudevents,
    cloudflare,
    coinbase_commerce,
    contentful,
    customer_io,
    discord,
    docusign,
    dropbox,
    dropbox_sign,
    event_grid,
    forgejo,
    generic_x_signature,
    gitea,
    github,
    gitlab,
    gocardless,
    grafana,
    heroku,
    hubspot,
    intercom,
    jira,
    lemonsqueezy,
    line,
    linear,
    mailgun,
    meta,
    microsoft_graph,
    microsoft_teams,
    mollie,
    monday,
    mux,
    netlify,
    notion,
    nylas,
    okta,
    openai,
    paddle,
    pagerduty,
    paypal,
    plaid,
    polar,
    postmark,
    razorpay,
    replicate,
    resend,
    ringcentral,
    sanity,
    sendgrid,
    sentry,
    shopify,
    slack,
    square,
    standard_webhooks,
    strava,
    stripe,
    svix,
    telegram,
    trello,
    twilio,
    twitch,
    typeform,
    vercel,
    webflow,
    websub,
    woocommerce,
    workos,
    x_twitter,
    xero,
    zendesk,
    zoom,
];

/// The provider of that slug, or of that other name.
pub fn find(name: &str) -> Option<&'static Provider> {
    let by_slug = PROVIDERS
        .binary_search_by(|provider| provider.slug.cmp(name))
        .ok()
        .and_then(|at| PROVIDERS.get(at));
    by_slug
        .or_else(|| {
            PROVIDERS
                .iter()
                .find(|provider| provider.aliases.contains(&name))
        })
        .copied()
}
