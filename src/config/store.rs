//! Where data is kept.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;

/// Where data is kept.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Data")]
pub struct StoreConfig {
    /// The folder for the database; made where it is missing
    #[arg(
        long,
        env = "HOOKWELL_DATA",
        value_name = "DIR",
        default_value = "data"
    )]
    pub data: PathBuf,
    /// The store: `sqlite` for a file in the data folder, or `postgres://USER:PASSWORD@HOST/DATABASE` for many nodes over one
    /// database. With a password in it, better in the variable: others on the machine can read a command line
    #[arg(
        long,
        env = "HOOKWELL_STORE",
        value_name = "URL",
        default_value = "sqlite",
        value_parser = StoreUrl::read,
        hide_env_values = true
    )]
    pub store: StoreUrl,
}

impl StoreConfig {
    /// The embedded store in this folder.
    pub fn sqlite(data: PathBuf) -> Self {
        let store = StoreUrl("sqlite".to_owned());
        Self { data, store }
    }
}

/// Which store, as it was written. It may hold a password, so nothing shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(String);

/// Which engine a store is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StoreKind<'a> {
    /// The embedded one.
    Sqlite,
    /// A PostgreSQL server at this address.
    Postgres(&'a str),
}

impl StoreUrl {
    /// Takes any text: a message about a wrong one must not repeat it, as that of the command line would.
    ///
    /// # Errors
    /// None.
    pub fn read(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.trim().to_owned()))
    }

    /// As it was written: it may hold a password.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Which engine it names; `None` when it is none.
    pub fn kind(&self) -> Option<StoreKind<'_>> {
        let url = self.0.as_str();
        if url == "sqlite" {
            Some(StoreKind::Sqlite)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Some(StoreKind::Postgres(url))
        } else {
            None
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind() {
            Some(StoreKind::Sqlite) => "sqlite",
            Some(StoreKind::Postgres(_)) => "postgres://…",
            None => "…",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_store_is_not_shown() {
        for (text, shown) in [
            ("sqlite", "sqlite"),
            ("postgres://ann:s3cret@db/hooks", "postgres://…"),
            ("postgres:/ann:s3cret@db/hooks", "…"),
        ] {
            assert_eq!(format!("{:?}", StoreUrl::read(text).unwrap()), shown);
        }
    }
}
