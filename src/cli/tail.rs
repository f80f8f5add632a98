//! `hookwell tail`: captures as they arrive, a line of JSON each.

use std::process::ExitCode;

use super::client::{Door, Error};
use super::follow::{self, Follow, News};

/// Flags of `hookwell tail`.
#[derive(Debug, clap::Args)]
pub struct Tail {
    #[command(flatten)]
    door: Door,
    /// Only those that this filter lets through
    #[arg(short, value_name = "FILTER", allow_hyphen_values = true)]
    q: Option<String>,
    /// Begin with those of this time (1h, a date, a time), or behind this number
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// End after so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

impl Tail {
    pub(super) fn run(self) -> ExitCode {
        super::run_async(async {
            match self.tail().await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => super::complain(&error),
            }
        })
    }

    async fn tail(&self) -> Result<(), Error> {
        let client = self.door.open().await?;
        let begin = self.since.as_deref().into();
        let mut follow = Follow::new(client, self.q.clone(), begin).await?;
        let mut told = 0;
        while self.count.is_none_or(|count| told < count) {
            let news = follow.next().await?;
            if let Some(remark) = follow::remark(&news) {
                super::remark(&super::printable(&remark));
            } else if let News::Captured(json) = news {
                told += 1;
                super::say(&super::printable(&json));
            }
        }
        Ok(())
    }
}
