//! What the figures were made on: without it they say nothing.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Result;

/// Processor, memory, kernel, file system and how fast that syncs, in a few lines.
pub(crate) fn describe(data: &Path) -> Result<String> {
    let (writes, took) = syncs(data)?;
    let per_second = f64::from(writes) / took.as_secs_f64();
    let load = read("/proc/loadavg");
    Ok(format!(
        "processor  {} x {}\nkernel     {}\ndata       {} on {}, {per_second:.0} synced 4 KiB writes/s, one after the other\nload       {} before the start",
        std::thread::available_parallelism()?,
        processor(),
        read("/proc/sys/kernel/osrelease").trim(),
        data.display(),
        file_system(data),
        load.split(' ').next().unwrap_or("?"),
    ))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn processor() -> String {
    read("/proc/cpuinfo")
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or_else(|| "unknown".to_owned(), |(_, name)| name.to_owned())
}

/// The type of the file system that holds the folder: of the mounts above it the deepest.
fn file_system(folder: &Path) -> String {
    let mounts = read("/proc/mounts");
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((Path::new(fields.next()?), fields.next()?))
    });
    mounts
        .filter(|(at, _)| folder.starts_with(at))
        .max_by_key(|(at, _)| at.components().count())
        .map_or_else(|| "unknown".to_owned(), |(_, kind)| kind.to_owned())
}

/// How many times a page can be appended and synced in half a second: what bounds a commit.
fn syncs(folder: &Path) -> Result<(u32, Duration)> {
    let path = folder.join("bench-sync");
    let mut file = File::create(&path)?;
    let (mut writes, began) = (0, Instant::now());
    while began.elapsed() < Duration::from_millis(500) {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        writes += 1;
    }
    let took = began.elapsed();
    std::fs::remove_file(&path)?;
    Ok((writes, took))
}
