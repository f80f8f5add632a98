-- What people, or an import, noted on a capture; most captures have no row here, so that taking one touches no other table.
CREATE TABLE marks (
  id       INTEGER PRIMARY KEY,                 -- of the capture
  pinned   INTEGER NOT NULL DEFAULT 0,
  imported INTEGER NOT NULL DEFAULT 0,
  note     TEXT    NOT NULL DEFAULT ''
) STRICT;

-- How much of a bin is pinned: where nothing is, making room asks nobody.
ALTER TABLE bins ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bins ADD COLUMN pinned_bytes INTEGER NOT NULL DEFAULT 0;

-- Keys of share links: read only. One that was revoked stays for a while, so that its address can say so.
CREATE TABLE shares (
  id         INTEGER PRIMARY KEY,
  key_hash   BLOB    NOT NULL UNIQUE,           -- SHA-256 of the read key
  serial     INTEGER NOT NULL,
  n          INTEGER,                           -- the one capture it shows; NULL is the whole bin
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;

CREATE INDEX shares_by_bin ON shares (serial);
