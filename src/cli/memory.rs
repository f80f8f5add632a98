//! The bins that were made for whoever works here, in the folder for their settings: one for each server. Beside them, how far
//! `hookwell listen` came with each: a file for each [place](super::place).

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::http::Url;
use crate::model::{BinKey, hex};

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
        let bytes = serde_json::to_vec_pretty(&bins)
            .map_err(|error| Error::File(file.clone(), error.into()))?;
        write(&file, bytes).map_err(|error| Error::File(file, error))
    }

    /// The file for how far a bin's captures were sent on to a target; `None` where there is no home.
    pub(super) fn place(&self, server: &Url, bin: &str, target: &str) -> Option<PathBuf> {
        // Names of files say nothing of what they are about: a target may have words in it that are nobody's business.
        let what = format!("{}\n{bin}\n{target}", server.base());
        let digest = ring::digest::digest(&ring::digest::SHA256, what.as_bytes());
        let name = format!("{}.json", hex::encode(digest.as_ref()));
        Some(self.folder().ok()?.join("places").join(name))
    }

    fn file(&self) -> Result<PathBuf, Error> {
        Ok(self.folder()?.join("bins.json"))
    }

    fn folder(&self) -> Result<PathBuf, Error> {
        let folder = match &self.config_home {
            Some(folder) if folder.is_absolute() => folder.clone(),
            _ => std::env::home_dir()
                .filter(|home| home.is_absolute())
                .ok_or(Error::NoHome)?
                .join(".config"),
        };
        Ok(folder.join("hookwell"))
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
pub(super) fn write(file: &Path, mut bytes: Vec<u8>) -> io::Result<()> {
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
    bytes.push(b'\n');
    out.write_all(&bytes)?;
    fs::rename(new, file)
}
