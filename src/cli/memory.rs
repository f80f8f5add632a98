//! The bins that were made for whoever works here, in the folder for their settings: one for each server.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::http::Url;
use crate::model::BinKey;

/// Where it is kept.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Memory {
    /// The folder for settings
    #[arg(long, env = "XDG_CONFIG_HOME", value_name = "FOLDER", hide = true)]
    config_home: Option<PathBuf>,
}

/// Why it cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no home folder")]
    NoHome,
    #[error("{} cannot be used", .0.display())]
    File(PathBuf, #[source] io::Error),
}

impl Memory {
    /// The key that is remembered for a server.
    pub(super) fn recall(&self, server: &Url) -> Result<Option<BinKey>, Error> {
        let Ok(file) = self.file() else {
            return Ok(None);
        };
        let bins = read(&file)?;
        Ok(bins.get(&server.base()).and_then(|key| key.parse().ok()))
    }

    /// Remembers a key, for nobody else to read.
    pub(super) fn remember(&self, server: &Url, key: BinKey) -> Result<(), Error> {
        let file = self.file()?;
        let mut bins = read(&file)?;
        bins.insert(server.base(), key.to_string());
        write(&file, &bins).map_err(|error| Error::File(file, error))
    }

    fn file(&self) -> Result<PathBuf, Error> {
        let folder = match &self.config_home {
            Some(folder) if folder.is_absolute() => folder.clone(),
            _ => std::env::home_dir()
                .filter(|home| home.is_absolute())
                .ok_or(Error::NoHome)?
                .join(".config"),
        };
        Ok(folder.join("hookwell").join("bins.json"))
    }
}

/// The bins by their servers. A file that is not as it was written is as good as none.
fn read(file: &Path) -> Result<BTreeMap<String, String>, Error> {
    match fs::read(file) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(Error::File(file.to_owned(), error)),
    }
}

/// Writes a new file and puts it in the old one's place, so that it is never half there.
fn write(file: &Path, bins: &BTreeMap<String, String>) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let new = file.with_extension(format!("{}.new", std::process::id()));
    let mut out = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    out.write_all(&serde_json::to_vec_pretty(bins)?)?;
    out.write_all(b"\n")?;
    fs::rename(new, file)
}
