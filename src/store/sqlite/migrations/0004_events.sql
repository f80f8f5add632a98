-- What recognised senders said: captures of others have no row here, so that taking them costs nothing more.
CREATE TABLE events (
  id           INTEGER PRIMARY KEY,             -- of the capture
  provider     TEXT    NOT NULL,
  event_id     TEXT,
  type         TEXT,
  at           INTEGER,
  thread       BLOB,                            -- 16 bytes that all deliveries of the event share
  body         BLOB    NOT NULL,                -- 16 bytes of the body's SHA-256
  signed_once  BLOB,                            -- 16 bytes that only a copy of the signed request shares
  number       INTEGER NOT NULL,                -- of the delivery
  first        INTEGER NOT NULL,                -- number of the capture that was the first
  previous     INTEGER,
  flags        INTEGER NOT NULL
) STRICT;

CREATE INDEX events_by_thread ON events (thread, id) WHERE thread IS NOT NULL;
CREATE INDEX events_by_signature ON events (signed_once, id) WHERE signed_once IS NOT NULL;

-- The latest time that a sender named in a bin.
CREATE TABLE senders (
  serial    INTEGER NOT NULL,
  provider  TEXT    NOT NULL,
  latest_at INTEGER NOT NULL,
  PRIMARY KEY (serial, provider)
) STRICT, WITHOUT ROWID;
