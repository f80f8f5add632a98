//! Shopify: base64 over the body, keyed with the app's client secret. A topic is part of every delivery.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "shopify",
    title: "Shopify",
    docs: "https://shopify.dev/docs/apps/build/webhooks/subscribe/https",
    rules: &[
        Rule::sure(&[Mark::Header("x-shopify-topic")]),
        Rule::sure(&[Mark::Header("x-shopify-hmac-sha256")]),
        Rule::sure(&[Mark::Header("shopify-hmac-sha256")]),
        Rule::weak(&[Mark::Agent("Shopify-Captain-Hook")]),
    ],
    schemes: &[
        Scheme::sha256("shopify-hmac-sha256")
            .encoded(Encoding::Base64)
            .requiring(&["shopify-topic"])
            .when(When::Header("shopify-topic")),
        Scheme::sha256("X-Shopify-Hmac-Sha256")
            .encoded(Encoding::Base64)
            .requiring(&["X-Shopify-Topic"]),
    ],
    event: EventShape::new(
        &[
            From::Header("X-Shopify-Webhook-Id"),
            From::Header("X-Shopify-Event-Id"),
        ],
        &[From::Header("X-Shopify-Topic")],
        &[From::Header("X-Shopify-Triggered-At")],
    ),
    secret_hint: "The app's client secret; for webhooks made in the admin, the secret shown below their list.",
    samples: &[
        Sample {
            event: "orders/create",
            headers: &[AGENT, ("X-Shopify-Topic", "orders/create"), SHOP, VERSION, ID, AT],
            body: r##"{"id":{n},"email":"buyer@example.com","created_at":"{iso}","total_price":"42.00","currency":"EUR","financial_status":"paid","name":"#1001","line_items":[{"id":1,"title":"Café mug","quantity":2,"price":"21.00","sku":"MUG-1"}]}"##,
        },
        Sample {
            event: "products/update",
            headers: &[AGENT, ("X-Shopify-Topic", "products/update"), SHOP, VERSION, ID, AT],
            body: r#"{"id":{n},"title":"Café mug","vendor":"Example","status":"active","updated_at":"{iso}","variants":[{"id":1,"price":"21.00","sku":"MUG-1","inventory_quantity":7}]}"#,
        },
        Sample {
            event: "app/uninstalled",
            headers: &[AGENT, ("X-Shopify-Topic", "app/uninstalled"), SHOP, VERSION, ID, AT],
            body: r#"{"id":{n},"name":"Example","domain":"example.myshopify.com","plan_name":"basic","updated_at":"{iso}"}"#,
        },
    ],
    ..Provider::BASE
};

const AGENT: (&str, &str) = ("User-Agent", "Shopify-Captain-Hook");
const SHOP: (&str, &str) = ("X-Shopify-Shop-Domain", "example.myshopify.com");
const VERSION: (&str, &str) = ("X-Shopify-API-Version", "2026-10");
const ID: (&str, &str) = ("X-Shopify-Webhook-Id", "{uuid}");
const AT: (&str, &str) = ("X-Shopify-Triggered-At", "{iso}");
