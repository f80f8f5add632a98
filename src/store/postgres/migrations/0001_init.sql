-- Times are µs since 1970. Words that come from outside are BYTEA: TEXT cannot hold a NUL, and a sender may send one.

-- A bin. A deleted one stays as a tombstone, so that its addresses answer 410. Its row is written with every commit of captures:
-- room in its page, and no index over what changes, keeps that cheap (heap-only tuples).
CREATE TABLE bins (
  serial          BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  id              BYTEA   NOT NULL UNIQUE,          -- 16 bytes
  key_hash        BYTEA   NOT NULL UNIQUE,          -- SHA-256 of the key
  alias           TEXT,
  settings        TEXT    NOT NULL,                 -- JSON, as the API shows it
  keep_days       BIGINT  NOT NULL,                 -- out of the settings
  created_at      BIGINT  NOT NULL,
  gone_at         BIGINT,
  last_n          BIGINT  NOT NULL DEFAULT 0,       -- the highest number ever given
  floor           BIGINT  NOT NULL DEFAULT 0,       -- captures up to this number are gone for readers
  purged          BIGINT  NOT NULL DEFAULT 0,       -- and up to this one their rows are deleted too
  captures        BIGINT  NOT NULL DEFAULT 0,
  bytes           BIGINT  NOT NULL DEFAULT 0,       -- of bodies and headers
  dropped         BIGINT  NOT NULL DEFAULT 0,
  refused         BIGINT  NOT NULL DEFAULT 0,
  pinned          BIGINT  NOT NULL DEFAULT 0,
  pinned_bytes    BIGINT  NOT NULL DEFAULT 0,
  last_capture_at BIGINT,
  active_day      BIGINT  NOT NULL                  -- days since 1970, of the last capture or of the making
) WITH (fillfactor = 50);

-- An alias is free again when its bin is gone.
CREATE UNIQUE INDEX bins_alias ON bins (alias) WHERE alias IS NOT NULL AND gone_at IS NULL;
CREATE INDEX bins_by_alias ON bins (alias) WHERE alias IS NOT NULL;
CREATE INDEX bins_by_day ON bins (active_day) WHERE gone_at IS NULL;

CREATE TABLE captures (
  serial      BIGINT   NOT NULL,                    -- of the bin
  n           BIGINT   NOT NULL,
  received_at BIGINT   NOT NULL,
  took_us     BIGINT   NOT NULL,
  size        BIGINT   NOT NULL,
  sent        BIGINT,
  delay_ms    BIGINT   NOT NULL,
  path_at     INTEGER  NOT NULL,
  status      SMALLINT,
  version     SMALLINT NOT NULL,
  state       SMALLINT NOT NULL,
  https       BOOLEAN  NOT NULL,
  as_sent     BOOLEAN  NOT NULL,
  method      BYTEA    NOT NULL,
  target      BYTEA    NOT NULL,
  host        BYTEA    NOT NULL,
  client      BYTEA,                                -- 4 or 16 bytes; NULL when it is the peer
  peer        BYTEA    NOT NULL,                    -- 4 or 16 bytes, then the port in two
  rule        BYTEA,
  trailers    BYTEA,
  headers     BYTEA    NOT NULL,
  body        BYTEA    NOT NULL,
  PRIMARY KEY (serial, n)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);

-- A body is not compressed: it would cost every capture time, and many are compressed already.
ALTER TABLE captures ALTER COLUMN body SET STORAGE EXTERNAL;

-- Nearly every webhook is a POST with a whole body that is answered 200, and costs nothing here. The others are what people look for.
CREATE INDEX captures_odd ON captures (serial, n)
  WHERE method <> 'POST'::bytea OR status IS DISTINCT FROM 200 OR state <> 0;

-- What people, or an import, noted on a capture; most have no row here.
CREATE TABLE marks (
  serial   BIGINT  NOT NULL,
  n        BIGINT  NOT NULL,
  pinned   BOOLEAN NOT NULL DEFAULT false,
  imported BOOLEAN NOT NULL DEFAULT false,
  note     BYTEA   NOT NULL DEFAULT '',
  PRIMARY KEY (serial, n)
);

-- Keys of share links: read only. One that was revoked stays for a while, so that its address can say so.
CREATE TABLE shares (
  id         BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  key_hash   BYTEA  NOT NULL UNIQUE,                -- SHA-256 of the read key
  serial     BIGINT NOT NULL,
  n          BIGINT,                                -- the one capture it shows; NULL is the whole bin
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT
);
CREATE INDEX shares_by_bin ON shares (serial);

-- What recognised senders said: captures of others have no row here.
CREATE TABLE events (
  serial      BIGINT NOT NULL,
  n           BIGINT NOT NULL,
  provider    TEXT   NOT NULL,
  event_id    BYTEA,
  type        BYTEA,
  at          BIGINT,
  thread      BYTEA,                                -- 16 bytes that all deliveries of the event share
  body        BYTEA  NOT NULL,                      -- 16 bytes of the body's SHA-256
  signed_once BYTEA,                                -- 16 bytes that only a copy of the signed request shares
  number      BIGINT NOT NULL,                      -- of the delivery
  first       BIGINT NOT NULL,                      -- number of the capture that was the first
  previous    BIGINT,
  flags       BIGINT NOT NULL,
  PRIMARY KEY (serial, n)
);
CREATE INDEX events_by_thread ON events (serial, thread, n) WHERE thread IS NOT NULL;
CREATE INDEX events_by_signature ON events (serial, signed_once, n) WHERE signed_once IS NOT NULL;

-- The latest time that a sender named in a bin.
CREATE TABLE senders (
  serial    BIGINT NOT NULL,
  provider  TEXT   NOT NULL,
  latest_at BIGINT NOT NULL,
  PRIMARY KEY (serial, provider)
);

-- What was answered beyond a status: captures that were given the plain reply have no row here.
CREATE TABLE replies (
  serial  BIGINT NOT NULL,
  n       BIGINT NOT NULL,
  headers BYTEA  NOT NULL,                          -- lines, each with its line end
  body    BYTEA  NOT NULL,
  fault   TEXT,
  error   BYTEA,                                    -- why the planned reply was not given
  PRIMARY KEY (serial, n)
);

-- How often the sequence of a rule was used, by what it counts.
CREATE TABLE uses (
  serial BIGINT NOT NULL,
  rule   BYTEA  NOT NULL,
  key    BYTEA  NOT NULL,                           -- nothing, or a path, or what deliveries share
  used   BIGINT NOT NULL,
  at     BIGINT NOT NULL,                           -- the last time
  PRIMARY KEY (serial, rule, key)
);
CREATE INDEX uses_by_age ON uses (at);

-- Tries to send captures on, and what was answered.
CREATE TABLE attempts (
  id             BIGINT   PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  serial         BIGINT   NOT NULL,
  n              BIGINT   NOT NULL,
  weight         BIGINT   NOT NULL,                 -- bytes, for attempt_room
  started_at     BIGINT   NOT NULL,
  took_us        BIGINT   NOT NULL,
  size           BIGINT   NOT NULL,                 -- of the body that was sent
  answer_size    BIGINT   NOT NULL,
  answer_sent    BIGINT,
  kind           SMALLINT NOT NULL,
  status         SMALLINT,                          -- NULL when no answer came
  answer_state   SMALLINT NOT NULL,
  cause          SMALLINT,                          -- NULL when nothing went wrong
  url            BYTEA    NOT NULL,
  method         BYTEA    NOT NULL,
  detail         BYTEA    NOT NULL,
  headers        BYTEA    NOT NULL,                 -- lines that were sent
  answer_headers BYTEA    NOT NULL,
  answer_body    BYTEA    NOT NULL
);
CREATE INDEX attempts_by_capture ON attempts (serial, n, id);
CREATE INDEX attempts_by_bin ON attempts (serial, id);

-- How many bytes the attempts of a bin take.
CREATE TABLE attempt_room (
  serial BIGINT PRIMARY KEY,
  bytes  BIGINT NOT NULL
);

-- Captures that are to be sent on to targets of their bin, in the order they came.
CREATE TABLE forwards (
  id     BIGINT  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  serial BIGINT  NOT NULL,
  n      BIGINT  NOT NULL,
  tries  BIGINT  NOT NULL DEFAULT 0,
  due_at BIGINT  NOT NULL,
  dead   BOOLEAN NOT NULL DEFAULT false,            -- whether it was given up
  target BYTEA   NOT NULL                           -- the URL
);
CREATE INDEX forwards_by_target ON forwards (serial, target, dead, id);
CREATE INDEX forwards_by_capture ON forwards (serial, n);

-- Targets that fail.
CREATE TABLE failing (
  serial    BIGINT NOT NULL,
  target    BYTEA  NOT NULL,
  since     BIGINT NOT NULL,
  paused_at BIGINT,
  PRIMARY KEY (serial, target)
);

-- The newest traces of requests that were refused.
CREATE TABLE refusals (
  id     BIGINT   PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  serial BIGINT   NOT NULL,
  at     BIGINT   NOT NULL,
  reason SMALLINT NOT NULL,
  peer   BYTEA    NOT NULL,
  head   BYTEA    NOT NULL
);
CREATE INDEX refusals_by_bin ON refusals (serial, at, id);

-- Written by the readiness check, to know that writing works.
CREATE TABLE heartbeat (
  only_one BOOLEAN PRIMARY KEY CHECK (only_one),
  at       BIGINT  NOT NULL
);

-- Work that one node does for all, and until when it has it by the server's clock.
CREATE TABLE leases (
  job   TEXT        PRIMARY KEY,
  node  BYTEA       NOT NULL,                       -- 16 bytes that a node makes up when it starts
  until TIMESTAMPTZ NOT NULL
);
