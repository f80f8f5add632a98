-- Tries to send captures on, and what was answered. The body comes last, as in captures.
CREATE TABLE attempts (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  capture        INTEGER NOT NULL,              -- id of the capture
  weight         INTEGER NOT NULL,              -- bytes, for attempt_room
  kind           INTEGER NOT NULL,
  url            TEXT    NOT NULL,
  started_at     INTEGER NOT NULL,
  took_us        INTEGER NOT NULL,
  method         TEXT    NOT NULL,
  size           INTEGER NOT NULL,              -- of the body that was sent
  status         INTEGER,                       -- NULL when no answer came
  answer_size    INTEGER NOT NULL,
  answer_sent    INTEGER,
  answer_state   INTEGER NOT NULL,
  cause          INTEGER,                       -- NULL when nothing went wrong
  detail         TEXT    NOT NULL,
  headers        BLOB    NOT NULL,              -- lines that were sent
  answer_headers BLOB    NOT NULL,
  answer_body    BLOB    NOT NULL
) STRICT;

CREATE INDEX attempts_by_capture ON attempts (capture, id);

-- How many bytes the attempts of a bin take.
CREATE TABLE attempt_room (
  serial INTEGER PRIMARY KEY,
  bytes  INTEGER NOT NULL
) STRICT;
