-- A bin. A deleted one stays as a tombstone, so that its addresses answer 410.
CREATE TABLE bins (
  serial          INTEGER PRIMARY KEY AUTOINCREMENT,
  id              BLOB    NOT NULL UNIQUE,      -- 16 bytes
  key_hash        BLOB    NOT NULL UNIQUE,      -- SHA-256 of the key
  alias           TEXT,
  settings        TEXT    NOT NULL,             -- JSON, as the API shows it
  created_at      INTEGER NOT NULL,             -- µs since 1970, like every time here
  gone_at         INTEGER,
  last_n          INTEGER NOT NULL DEFAULT 0,   -- the highest number ever given
  floor           INTEGER NOT NULL DEFAULT 0,   -- captures up to this number are gone for readers
  purged          INTEGER NOT NULL DEFAULT 0,   -- and up to this one their rows are deleted too
  captures        INTEGER NOT NULL DEFAULT 0,
  bytes           INTEGER NOT NULL DEFAULT 0,   -- of bodies and headers
  dropped         INTEGER NOT NULL DEFAULT 0,
  refused         INTEGER NOT NULL DEFAULT 0,
  last_capture_at INTEGER
) STRICT;

-- An alias is free again when its bin is gone.
CREATE UNIQUE INDEX bins_alias ON bins (alias) WHERE alias IS NOT NULL AND gone_at IS NULL;
CREATE INDEX bins_by_age ON bins (ifnull(last_capture_at, created_at)) WHERE gone_at IS NULL;

-- A capture. Its id is the bin's serial and its number in one integer (serial << 36 | n): captures of a bin stand together
-- in order of their numbers, one look-up finds one, and inserting touches no other index. The body comes last, so that
-- reading the columns before it touches none of its pages.
CREATE TABLE captures (
  id          INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  took_us     INTEGER NOT NULL,
  method      TEXT    NOT NULL,
  target      TEXT    NOT NULL,
  path_at     INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  https       INTEGER NOT NULL,
  host        TEXT    NOT NULL,
  client      BLOB,                             -- 4 or 16 bytes; NULL when it is the peer
  peer        BLOB    NOT NULL,                 -- 4 or 16 bytes, then the port in two
  status      INTEGER,
  rule        TEXT,
  delay_ms    INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  size        INTEGER NOT NULL,
  sent        INTEGER,
  as_sent     INTEGER NOT NULL,
  trailers    BLOB,
  headers     BLOB    NOT NULL,
  body        BLOB    NOT NULL
) STRICT;

-- The newest traces of requests that were refused.
CREATE TABLE refusals (
  serial INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  peer   BLOB    NOT NULL,
  head   BLOB    NOT NULL
) STRICT;

CREATE INDEX refusals_by_bin ON refusals (serial, at);

-- Written by the readiness check, to know that writing works.
CREATE TABLE heartbeat (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  at   INTEGER NOT NULL
) STRICT;
