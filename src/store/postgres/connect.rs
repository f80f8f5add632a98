//! The way to the server: its address, TLS, and what every session is told before it is used.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::sql;
use super::tls;
use crate::store::{Error, Result};

/// How long connecting to one host may take.
const CONNECT: Duration = Duration::from_secs(3);

/// How long the first connection may take in all.
const FIRST: Duration = Duration::from_secs(15);

/// How many connections pages, streams and changes share; more wait for their turn. Captures have one of their own, the change
/// feed another.
const CONNECTIONS: usize = 8;

/// The oldest server that is taken: the oldest that its makers still mend (<https://www.postgresql.org/support/versioning/>).
const LOWEST: i32 = 15;

/// What a session is told, in one round trip. Captures are answered when they are on the disk, whatever the server's own default,
/// unless that asks for more. Nothing waits for ever: not a statement, not a lock, not a transaction whose node is gone.
const SESSION: &str = "SELECT set_config('synchronous_commit',
  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
 set_config('statement_timeout', '8000', false),
 set_config('lock_timeout', '4000', false),
 set_config('idle_in_transaction_session_timeout', '8000', false),
 set_config('tcp_keepalives_idle', '5', false),
 set_config('tcp_keepalives_interval', '2', false),
 set_config('tcp_keepalives_count', '3', false)";

type Stream = <MakeRustlsConnect as tokio_postgres::tls::MakeTlsConnect<Socket>>::Stream;

/// Where the database is. Its `Debug` shows no password.
pub(super) struct Address {
    config: Config,
    tls: MakeRustlsConnect,
    shown: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.shown).finish()
    }
}

impl Address {
    /// Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(super) fn parse(url: &str) -> Result<Self> {
        let unreadable = |problem: String| Error::Database {
            address: "named by --store".to_owned(),
            problem,
        };
        let (url, security) = tls::Security::split(url).map_err(unreadable)?;
        let mut config: Config = url.parse().map_err(|error| {
            unreadable(format!("its address is not readable: {}", sql::why(&error)))
        })?;
        match security.mode {
            Some(mode) => config.ssl_mode(mode),
            None => &mut config,
        };
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name("hookwell");
        }
        config
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(8))
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        let shown = shown(&config);
        let tls = security.connector().map_err(|problem| Error::Database {
            address: shown.clone(),
            problem,
        })?;
        Ok(Self { config, tls, shown })
    }

    /// A start that failed, for the operator.
    pub(super) fn refuse(&self, problem: impl Into<String>) -> Error {
        Error::Database {
            address: self.shown.clone(),
            problem: problem.into(),
        }
    }

    /// The first connection: where it fails, it says to the operator what is wrong.
    pub(super) async fn first(&self) -> Result<Client> {
        let opening = tokio::time::timeout(FIRST, self.open()).await;
        let opened = opening.map_err(|_| self.refuse("it does not answer"))?;
        let (client, connection) = opened.map_err(|error| self.explain(&error))?;
        tokio::spawn(connection); // Its end is seen by the client.
        self.prepare(&client)
            .await
            .map_err(|error| self.refuse(sql::why(&error)))?;
        let sql =
            "SELECT current_setting('server_version_num')::int, current_setting('server_version'),
             current_setting('server_encoding'), current_setting('fsync')::bool";
        let found = client
            .query_one(sql, &[])
            .await
            .map_err(|error| self.explain(&error))?;
        let (number, version, encoding, fsync): (i32, String, String, bool) = (
            found.try_get(0)?,
            found.try_get(1)?,
            found.try_get(2)?,
            found.try_get(3)?,
        );
        self.fits(number, &version)?;
        if encoding != "UTF8" {
            return Err(self.refuse(format!(
                "it is encoded in {encoding}; make one with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            )));
        }
        if !fsync {
            tracing::warn!(
                "the database runs with fsync=off: captures that were answered can be lost in a power cut"
            );
        }
        Ok(client)
    }

    /// Whether a server of that version is taken.
    fn fits(&self, number: i32, version: &str) -> Result<()> {
        if number / 10_000 >= LOWEST {
            return Ok(());
        }
        Err(self.refuse(format!(
            "the server is PostgreSQL {version}; the lowest that is taken is {LOWEST}"
        )))
    }

    /// Connects. The session is still to be [prepared](Self::prepare).
    pub(super) async fn open(
        &self,
    ) -> Result<(Client, Connection<Socket, Stream>), tokio_postgres::Error> {
        self.config.connect(self.tls.clone()).await
    }

    /// Tells a session what holds for all.
    pub(super) async fn prepare(&self, client: &Client) -> Result<()> {
        let told = client.query_one(SESSION, &[]).await?;
        match told.try_get(0)? {
            "on" | "remote_apply" => Ok(()),
            other => Err(Error::Unavailable(format!(
                "the database keeps synchronous_commit at {other}"
            ))),
        }
    }

    /// A pool of connections, opened when first needed.
    pub(super) fn pool(self: &Arc<Self>) -> Result<Pool> {
        let manager = Manager::from_config(
            self.config.clone(),
            self.tls.clone(),
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let address = Arc::clone(self);
        let prepared = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let address = Arc::clone(&address);
            Box::pin(async move {
                let prepared = address.prepare(client).await;
                prepared.map_err(|error| HookError::message(sql::why(&error)))
            })
        });
        let built = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(Duration::from_secs(6)))
            .create_timeout(Some(Duration::from_secs(4)))
            .recycle_timeout(Some(Duration::from_secs(2)))
            .post_create(prepared)
            .build();
        built.map_err(|error| self.refuse(error.to_string()))
    }

    /// What is wrong, in words for whoever starts the server.
    fn explain(&self, error: &tokio_postgres::Error) -> Error {
        let Some(failure) = error.as_db_error() else {
            return self.refuse(sql::why(error));
        };
        let code = failure.code();
        let hint = if *code == SqlState::INVALID_PASSWORD
            || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
        {
            " (check user and password in HOOKWELL_STORE)"
        } else if *code == SqlState::UNDEFINED_DATABASE {
            " (make it with: createdb NAME)"
        } else {
            ""
        };
        self.refuse(format!("{}{hint}", failure.message()))
    }
}

/// Hosts, ports and the database's name.
fn shown(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts: Vec<_> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(at, host)| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(path) => format!("{}:{port}", path.display()),
            }
        })
        .collect();
    let name = config
        .get_dbname()
        .or(config.get_user())
        .unwrap_or_default();
    format!("{}/{name}", hosts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        let address =
            Address::parse("postgres://ann:s3cret@db.example:6432/hooks?sslmode=disable").unwrap();
        assert_eq!(
            format!("{address:?}"),
            r#"Address("db.example:6432/hooks")"#
        );
        for url in [
            "postgres://ann:s3cret@db.example:none/hooks",
            "postgres://ann:s3cret@db.example/hooks?sslmode=loud",
            "postgres://ann:s3cret@db.example/hooks?colour=red",
            "postgres://ann:s3cret@/hooks?connect_timeout=soon",
        ] {
            let error = Address::parse(url).unwrap_err();
            assert!(!sql::why(&error).contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_server_that_is_too_old_is_named() {
        let address = Address::parse("postgres://ann@db.example/hooks").unwrap();
        address.fits(150_000, "15.0").unwrap();
        let error = address.fits(140_015, "14.15 (Debian 14.15-1)").unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot use the database db.example:5432/hooks: the server is PostgreSQL 14.15 (Debian 14.15-1); the lowest that is taken is 15"
        );
    }
}
