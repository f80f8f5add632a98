//! The OpenAPI document, held against what the server answers.

use serde_json::{Map, Value, json};

use super::call::{Ask, Expect, bearer};
use super::routes;
use crate::support::{Server, Target};

fn document(server: &Server) -> Value {
    let answer = server.ask("GET", "/api/v1/openapi.json", &[], b"").is(200);
    assert_eq!(answer.field("content-type"), "application/json");
    answer.json()
}

fn each_object(value: &Value, visit: &mut impl FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            visit(map);
            map.values().for_each(|value| each_object(value, visit));
        }
        Value::Array(list) => list.iter().for_each(|value| each_object(value, visit)),
        _ => {}
    }
}

fn resolve<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    document.pointer(reference.strip_prefix('#')?)
}

#[test]
fn the_document_is_whole() {
    let server = Server::start();
    let document = document(&server);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        document["components"]["securitySchemes"]["key"]["scheme"],
        "bearer"
    );
    let mut references = 0;
    each_object(&document, &mut |map| {
        if let Some(Value::String(reference)) = map.get("$ref") {
            references += 1;
            assert!(resolve(&document, reference).is_some(), "{reference}");
        }
    });
    assert!(references > 20, "{references}");
    let new_bin = &document["paths"]["/api/v1/bins"]["post"]["requestBody"];
    assert_eq!(new_bin["required"], false);
    let mut ids = Vec::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            ids.push(operation["operationId"].as_str().unwrap());
            assert!(!operation["summary"].as_str().unwrap().is_empty());
            let default = &operation["responses"]["default"]["content"]["application/problem+json"];
            assert_eq!(default["schema"]["$ref"], "#/components/schemas/Problem");
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn every_described_call_is_answered() {
    let server = Server::with(&["--allow-outbound", "127.0.0.1"]);
    let bin = server.bin();
    server.deliver_any(&bin);
    let order = json!({ "url": Target::start().url("/") });
    let path = format!("/bins/{}/captures/1/replay", bin.id);
    let made = server.api("POST", &path, Some(&bin.key), Some(&order));
    assert_eq!((made.0, &made.1["id"]), (201, &json!(1)));
    conforms(&document(&server), "Attempt", &made.1);
    let told = json!({
        "url": "http://localhost:3000/", "started_at": "2026-01-02T03:04:05Z", "took_us": 1,
        "sent": {"method": "POST", "headers": [], "size": 0},
        "error": {"cause": "connect", "detail": "Nobody is there."},
    });
    let path = format!("/bins/{}/captures/1/attempts", bin.id);
    let made = server.api("POST", &path, Some(&bin.key), Some(&told));
    assert_eq!((made.0, &made.1["kind"]), (201, &json!("listen")));
    conforms(&document(&server), "Attempt", &made.1);
    let mut all = routes::of_the_api(&server);
    // These need something to send, and somewhere to send it to.
    all.retain(|route| {
        let is_told = route.method == "POST" && route.template.ends_with("/attempts");
        !is_told && !route.template.ends_with("/replay")
    });
    all.sort_by_key(|route| {
        (
            route.method == "DELETE",
            std::cmp::Reverse(route.template.len()),
        )
    });
    for route in all {
        if route.template.ends_with("/events") {
            assert_eq!(server.watch(&bin, "", &[]).status, 200);
        } else if route.method == "PATCH" {
            server.patch(&bin, "{}").is(200);
        } else {
            let answer = server.ask(
                &route.method,
                &route.path(&bin),
                &[("authorization", &bearer(&bin))],
                b"",
            );
            assert!(
                (200..300).contains(&answer.status),
                "{route:?}: {}",
                answer.text()
            );
        }
    }
}

#[test]
fn answers_have_the_shapes_that_are_described() {
    let server = Server::start();
    let document = document(&server);
    let created = server.ask("POST", "/api/v1/bins", &[], b"").is(201).json();
    conforms(&document, "CreatedBin", &created);
    let bin = server.bin();
    server.deliver(&bin, "POST", "/a?b=c", &[("X-Odd", b"\xe9")], b"\xff");
    conforms(&document, "Bin", &server.of(&bin, "GET", "").json());
    conforms(
        &document,
        "Captures",
        &server.of(&bin, "GET", "/captures").json(),
    );
    conforms(
        &document,
        "Capture",
        &server.of(&bin, "GET", "/captures/1").json(),
    );
    server.deliver(&bin, "PUT", "/a", &[("X-Odd", b"1")], b"{}");
    let compared = server.of(&bin, "GET", "/compare?a=1&b=2").json();
    conforms(&document, "Comparison", &compared);
    assert_eq!(compared["request"]["rows"][0]["change"], "changed");
    conforms(
        &document,
        "Problem",
        &server.of(&bin, "GET", "/captures/9").json(),
    );
    conforms(&document, "Problem", &server.patch(&bin, "{").json());
    conforms(
        &document,
        "Problem",
        &server.patch(&bin, r#"{"x": 1}"#).json(),
    );
    let providers = server.ask("GET", "/api/v1/providers", &[], b"").is(200);
    conforms(&document, "Providers", &providers.json());
    let judged = server.bin_with(&json!({"secrets": {"slack": ["0123456789abcdef"]}}));
    let challenge = br#"{"type":"url_verification","challenge":"x"}"#;
    let signed: [(&str, &[u8]); 2] = [
        ("X-Slack-Signature", b"v0=00"),
        ("X-Slack-Request-Timestamp", b"1795599021"),
    ];
    server.deliver(&judged, "POST", "/a", &signed, challenge);
    let capture = server.of(&judged, "GET", "/captures/1").json();
    assert!(capture["verdict"].is_object() && capture["reply"]["body"].is_object());
    conforms(&document, "Capture", &capture);
    conforms(&document, "Bin", &server.of(&judged, "GET", "").json());
    let example = &document["components"]["schemas"]["Capture"]["example"];
    conforms(&document, "Capture", example);
}

#[test]
fn bytes_files_and_bodies_that_may_be_left_out_are_described_as_such() {
    let server = Server::start();
    let document = document(&server);
    let paths = &document["paths"];
    let content =
        |path: &str, name: &str| paths[path]["get"]["responses"]["200"]["content"][name].clone();
    let capture = "/api/v1/bins/{id}/captures/{n}";
    for below in ["/body", "/as/{format}"] {
        let path = format!("{capture}{below}");
        assert_eq!(content(&path, "application/octet-stream"), json!({}));
    }
    let count = &paths["/api/v1/bins/{id}/captures/count"]["get"]["responses"];
    assert!(count["422"].is_object(), "a filter can be wrong");
    let export = content("/api/v1/bins/{id}/captures/export", "application/json");
    assert_eq!(export["schema"]["type"], "object");
    let bin = server.bin();
    for (path, status) in [
        ("/api/v1/bins", 201),
        ("/api/v1/bins/{id}/share", 201),
        ("/api/v1/bins/{id}/targets/retry", 200),
    ] {
        let body = &paths[path]["post"]["requestBody"];
        assert_eq!(body["required"], false, "{path}");
        assert!(
            body["content"]["application/json"]["schema"]["$ref"].is_string(),
            "{path}"
        );
        let key = bearer(&bin);
        let path = path.replace("{id}", &bin.id);
        server
            .ask("POST", &path, &[("authorization", &*key)], b"")
            .is(status);
    }
}

#[test]
fn what_is_described_for_a_new_bin_is_what_is_taken() {
    let server = Server::start();
    let document = document(&server);
    for (body, fits) in [
        (json!({}), true),
        (
            json!({"name": "x", "alias": null, "cors": true, "keep": {"days": 0}, "body_limit": 0}),
            true,
        ),
        (json!({"settings": {"name": "x", "keep": {}}}), true),
        (json!({"name": null}), false),
        (json!({"keep": null}), false),
        (json!({"settings": {"settings": {}}}), false),
        (
            json!({"secrets": {"stripe": ["whsec_x"], "github": null}, "tolerance_s": null, "handshakes": false}),
            true,
        ),
        (
            json!({"signature": {"header": "X-Mine", "secret": "s"}}),
            true,
        ),
        (json!({"signature": {"header": "X-Mine"}}), false),
        (json!({"signature": 7}), false),
        (json!({"secrets": []}), false),
        (json!({"nothing": {}}), false),
        (json!([]), false),
    ] {
        let described = check(
            &document,
            &document["components"]["schemas"]["NewBin"],
            &body,
        );
        assert_eq!(described.is_ok(), fits, "{body}: {described:?}");
        let fields = [("content-type", "application/json")];
        let answer = server.ask("POST", "/api/v1/bins", &fields, body.to_string().as_bytes());
        assert_eq!(answer.status, if fits { 201 } else { 422 }, "{body}");
    }
}

#[track_caller]
fn conforms(document: &Value, schema: &str, value: &Value) {
    let schema = &document["components"]["schemas"][schema];
    if let Err(problem) = check(document, schema, value) {
        panic!("{problem}\nin {value:#}");
    }
}

/// The part of JSON Schema that the document uses; objects may have no field that is not described.
fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return check(document, resolve(document, reference).unwrap(), value);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = choices
            .iter()
            .any(|choice| check(document, choice, value).is_ok());
        return if fits {
            Ok(())
        } else {
            Err(format!("{value} fits none of {choices:?}"))
        };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => true,
    };
    if !allowed {
        return Err(format!("{value} is not of type {}", schema["type"]));
    }
    if let (Some(items), Value::Array(list)) = (schema.get("items"), value) {
        for item in list {
            check(document, items, item)?;
        }
    }
    if let (Some(Value::Object(properties)), Value::Object(fields)) =
        (schema.get("properties"), value)
    {
        for (name, field) in fields {
            let property = properties
                .get(name)
                .ok_or_else(|| format!("{name} is not described"))?;
            check(document, property, field).map_err(|problem| format!("{name}: {problem}"))?;
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(name.as_str().unwrap()) {
                return Err(format!("{name} is missing"));
            }
        }
    }
    Ok(())
}
