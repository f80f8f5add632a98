//! Both sides, read to their ends and compared: how many rows, and a hash over them, of every bin and table.

use sha2::{Digest, Sha256};

use super::{Error, Moved, Result, Row, Side, TABLES, Table, Value};

/// A hash over all that is said of bins themselves.
pub(super) async fn bins(side: &mut dyn Side) -> Result<[u8; 32]> {
    let (mut hash, mut above) = (Sha256::new(), 0);
    while let Some(serial) = side.next_bin(above).await? {
        if let Some(table) = TABLES.first() {
            for row in side.read(table, serial, None).await? {
                add(&mut hash, &row);
            }
        }
        above = serial;
    }
    Ok(hash.finalize().into())
}

/// Compares two stores.
///
/// # Errors
/// [`Error::Differs`] with the first difference, and whatever ends the reading.
pub(super) async fn compare(
    from: &mut dyn Side,
    to: &mut dyn Side,
    told: &mut (dyn FnMut(u64) + Send),
) -> Result<Moved> {
    let (mut moved, mut above) = (Moved::default(), 0);
    told(0);
    loop {
        let (here, there) = (from.next_bin(above).await?, to.next_bin(above).await?);
        if here != there {
            return Err(Error::Differs("there are other bins".to_owned()));
        }
        let Some(serial) = here else {
            return Ok(moved);
        };
        for table in &TABLES {
            let done = moved.captures;
            let mut tell = |rows| {
                if table.name == "captures" {
                    told(done + rows);
                }
            };
            let (here, rows) = sum(from, table, serial, &mut tell).await?;
            let (there, others) = sum(to, table, serial, &mut |_| ()).await?;
            if rows != others {
                return Err(Error::Differs(format!(
                    "{} of bin {serial} has {rows} rows on one side and {others} on the other",
                    table.name
                )));
            }
            if here != there {
                return Err(Error::Differs(format!(
                    "rows in {} of bin {serial} are not the same",
                    table.name
                )));
            }
            moved.rows += rows;
            if table.name == "captures" {
                moved.captures += rows;
            }
        }
        moved.bins += 1;
        above = serial;
    }
}

/// A hash over the rows of a table and a bin, and how many they are.
async fn sum(
    side: &mut dyn Side,
    table: &'static Table,
    serial: i64,
    told: &mut (dyn FnMut(u64) + Send),
) -> Result<([u8; 32], u64)> {
    let (mut hash, mut count, mut above) = (Sha256::new(), 0_u64, None::<Row>);
    loop {
        let rows = side.read(table, serial, above.as_deref()).await?;
        let Some(last) = rows.last() else {
            break;
        };
        above = Some(last.iter().skip(1).take(table.key).cloned().collect());
        for row in &rows {
            add(&mut hash, row);
        }
        count += rows.len() as u64;
        told(count);
        if table.key == 0 {
            break;
        }
    }
    Ok((hash.finalize().into(), count))
}

/// Adds a row so that no two are written alike.
fn add(hash: &mut Sha256, row: &Row) {
    for value in row {
        match value {
            Value::Null => hash.update([0]),
            Value::Int(number) => {
                hash.update([1]);
                hash.update(number.to_be_bytes());
            }
            Value::Bytes(bytes) => {
                hash.update([2]);
                hash.update((bytes.len() as u64).to_be_bytes());
                hash.update(bytes);
            }
        }
    }
}
