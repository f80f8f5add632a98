use serde_json::json;

use super::*;
use crate::model::Keep;

const MAX_BODY: u64 = 1 << 20;

fn changed(change: Value) -> Result<Settings, Error> {
    let mut settings = Settings {
        name: "old".to_owned(),
        alias: "old-alias".parse().ok(),
        ..Settings::default()
    };
    Change::read(Some(change))?.apply(&mut settings, MAX_BODY)?;
    Ok(settings)
}

fn refused(change: Value) -> (String, String) {
    match changed(change).unwrap_err() {
        Error::Invalid { field, problem } => (field.to_owned(), problem),
        Error::Field { field, problem } => (field, problem),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_change_touches_only_what_it_names() {
    let settings = changed(json!({"keep": {"days": 0}, "cors": false})).unwrap();
    assert_eq!(settings.name, "old");
    assert_eq!(settings.alias.unwrap().as_str(), "old-alias");
    assert!(!settings.cors);
    assert_eq!(
        settings.keep,
        Keep {
            days: 0,
            ..Keep::default()
        }
    );
}

#[test]
fn null_takes_the_alias_away_and_is_no_value_for_anything_else() {
    assert_eq!(changed(json!({"alias": null})).unwrap().alias, None);
    assert_eq!(refused(json!({"name": null})).0, "name");
    assert_eq!(refused(json!({"keep": {"bytes": null}})).0, "keep.bytes");
}

#[test]
fn what_is_wrong_is_named_with_its_path() {
    for (change, field) in [
        (json!({"nmae": "x"}), "nmae"),
        (json!({"keep": {"dayz": 1}}), "keep.dayz"),
        (json!({"keep": {"days": "7"}}), "keep.days"),
        (json!({"keep": {"days": -1}}), "keep.days"),
        (json!({"keep": {"days": 36_501}}), "keep.days"),
        (
            json!({"keep": {"captures": 1_000_000_001}}),
            "keep.captures",
        ),
        (json!({"keep": {"bytes": u64::MAX}}), "keep.bytes"),
        (json!({"keep": 7}), "keep"),
        (json!({"cors": "yes"}), "cors"),
        (json!({"name": 5}), "name"),
        (json!({"name": "é".repeat(101)}), "name"),
        (json!({"name": "a\u{7}"}), "name"),
        (json!({"alias": "Nope!"}), "alias"),
        (json!({"alias": "api"}), "alias"),
        (json!({"body_limit": MAX_BODY + 1}), "body_limit"),
        (json!({"body_limit": 1.5}), "body_limit"),
        (json!({"secrets": []}), "secrets"),
        (json!({"signature": 7}), "signature"),
        (json!({"tolerance_s": -1}), "tolerance_s"),
        (json!({"tolerance_s": 31_536_001}), "tolerance_s"),
        (json!({"handshakes": null}), "handshakes"),
    ] {
        assert_eq!(refused(change.clone()).0, field, "{change}");
    }
    assert!(changed(json!({"name": "é".repeat(100)})).is_ok());
}

#[test]
fn a_new_bin_takes_settings_from_the_top_and_from_settings() {
    let body = json!({"name": "top", "settings": {"name": "inner", "cors": false}});
    let settings = NewBin::read(Some(body))
        .unwrap()
        .settings(MAX_BODY)
        .unwrap();
    assert_eq!((settings.name.as_str(), settings.cors), ("top", false));
    let plain = NewBin::read(None).unwrap().settings(MAX_BODY).unwrap();
    assert_eq!(plain, Settings::default());
    let error = NewBin::read(Some(json!({"settings": {"keep": {"x": 1}}}))).unwrap_err();
    assert!(matches!(error, Error::Field { field, .. } if field == "settings.keep.x"));
    for wrong in [json!([]), json!("x"), json!({"settings": null})] {
        let error = NewBin::read(Some(wrong)).unwrap_err();
        assert!(matches!(error, Error::Unprocessable(_)));
    }
}
