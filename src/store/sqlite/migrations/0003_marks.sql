-- What people, or an import, noted on a capture; most captures have no row here, so that taking one touches no other table.
CREATE TABLE marks (
  id       INTEGER PRIMARY KEY,                 -- of the capture
  pinned   INTEGER NOT NULL DEFAULT 0,
  imported INTEGER NOT NULL DEFAULT 0,
  note     TEXT    NOT NULL DEFAULT ''
) STRICT;

-- Keys of share links: read only.
CREATE TABLE shares (
  key_hash   BLOB    PRIMARY KEY,               -- SHA-256 of the read key
  serial     INTEGER NOT NULL,
  n          INTEGER,                           -- the one capture it shows; NULL is the whole bin
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT;

CREATE INDEX shares_by_bin ON shares (serial);
