//! What this program needs of the tables: that they are there, with their columns.
//!
//! A newer hookwell may have added to them, which does not matter; a table that was changed by hand does. It is looked at when a node
//! starts, and whenever somebody asks whether it is ready.

use std::collections::HashMap;

use tokio_postgres::Client;

use super::sql;
use crate::store::moving::{Kind, TABLES};
use crate::store::{Error, Result};

/// What is not moved between engines, and so is not among [`TABLES`]: table, column and type.
const OWN: [(&str, &str, &str); 18] = [
    ("hookwell_schema", "only_one", "bool"),
    ("hookwell_schema", "version", "int8"),
    ("bins", "keep_days", "int8"),
    ("captures", "day", "int4"),
    ("captures_kept", "day", "int4"),
    ("captures_late", "day", "int4"),
    ("attempts", "seated", "bool"),
    ("heartbeat", "only_one", "bool"),
    ("told", "last_value", "int8"),
    ("heartbeat", "at", "int8"),
    ("leases", "job", "text"),
    ("leases", "node", "bytea"),
    ("leases", "until", "timestamptz"),
    ("seats", "serial", "int8"),
    ("seats", "name", "text"),
    ("seats", "turn", "bytea"),
    ("seats", "patience", "int8"),
    ("seats", "until", "timestamptz"),
];

/// Columns as they are, by the rules that name tables in statements.
const COLUMNS: &str = "SELECT name, attname::text, typname::text FROM unnest($1::text[]) AS name
     JOIN pg_attribute ON attrelid = to_regclass(name) AND attnum > 0 AND NOT attisdropped JOIN pg_type ON pg_type.oid = atttypid";

/// Every column that is needed: table, name and type.
fn needed() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let of_tables = TABLES.iter().flat_map(|table| {
        let columns = table.columns.iter();
        columns.map(|&(name, kind)| (table.name, name, type_of(kind)))
    });
    of_tables.chain(OWN)
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "int8",
        Kind::Short => "int4",
        Kind::Small => "int2",
        Kind::Flag => "bool",
        Kind::Text => "text",
        Kind::Words | Kind::Bytes => "bytea",
    }
}

/// All tables, bins first.
pub(super) fn tables() -> Vec<&'static str> {
    let mut tables = Vec::new();
    for (table, _, _) in needed() {
        if !tables.contains(&table) {
            tables.push(table);
        }
    }
    tables
}

/// What is wrong with the tables, in words for the operator; `None` where nothing is.
///
/// # Errors
/// Those of the server.
pub(super) async fn fault(client: &Client) -> Result<Option<String>> {
    let tables = tables();
    let mut found: HashMap<String, HashMap<String, String>> = HashMap::new();
    for row in client.query(COLUMNS, &[&tables]).await? {
        let columns = found.entry(row.try_get(0)?).or_default();
        columns.insert(row.try_get(1)?, row.try_get(2)?);
    }
    Ok(needed().find_map(|(table, column, wanted)| {
        let Some(columns) = found.get(table) else {
            return Some(format!("the table {table} is missing"));
        };
        match columns.get(column) {
            None => Some(format!("the column {table}.{column} is missing")),
            Some(is) if is != wanted => {
                Some(format!("the column {table}.{column} is {is}, not {wanted}"))
            }
            Some(_) => None,
        }
    }))
}

/// That the tables are as they are needed.
///
/// # Errors
/// [`Error::Unavailable`] with what is wrong.
pub(super) async fn check(client: &Client) -> Result<()> {
    match fault(client).await? {
        None => Ok(()),
        Some(fault) => Err(Error::Unavailable(sql::changed(&fault))),
    }
}
