//! What a bin is made with.

use serde_json::Value;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::super::json;
use super::Change;
use crate::model::Settings;
use crate::web::Error;

/// What a bin is made with: settings at the top, or under `settings`, or both.
#[derive(Debug, Default)]
pub(in crate::web::api) struct NewBin {
    top: Change,
    settings: Option<Change>,
}

/// That of a change with `settings` beside its fields. A derived one would be `allOf` two objects of which the first forbids
/// the second's field.
impl PartialSchema for NewBin {
    fn schema() -> RefOr<Schema> {
        let mut schema = Change::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            let settings = Ref::from_schema_name(Change::name());
            let description =
                "What a bin is made with: settings at the top, or under `settings`, or both.";
            object.description = Some(description.to_owned());
            object
                .properties
                .insert("settings".to_owned(), settings.into());
        }
        schema
    }
}

impl ToSchema for NewBin {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Change::name().into(), Change::schema()));
        Change::schemas(schemas);
    }
}

impl NewBin {
    /// Reads a body; none at all takes every default.
    pub(in crate::web::api) fn read(body: Option<Value>) -> Result<Self, Error> {
        let Some(mut body) = body else {
            return Ok(Self::default());
        };
        let settings = body
            .as_object_mut()
            .and_then(|fields| fields.remove("settings"));
        Ok(Self {
            settings: settings
                .map(|settings| json::read(settings, "settings"))
                .transpose()?,
            top: json::read(body, "")?,
        })
    }

    /// The settings of the new bin. What stands at the top outranks what stands under `settings`.
    pub(in crate::web::api) fn settings(self, max_body: u64) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        if let Some(change) = self.settings {
            change.apply(&mut settings, max_body)?;
        }
        self.top.apply(&mut settings, max_body)?;
        Ok(settings)
    }
}
