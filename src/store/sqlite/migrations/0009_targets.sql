-- Captures that are to be sent on to targets of their bin, in the order they came. Bins without targets have no rows here.
CREATE TABLE forwards (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  capture INTEGER NOT NULL,                     -- id of the capture
  serial  INTEGER NOT NULL,
  target  TEXT    NOT NULL,                     -- the URL
  dead    INTEGER NOT NULL DEFAULT 0,           -- whether it was given up
  tries   INTEGER NOT NULL DEFAULT 0,
  due_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX forwards_by_target ON forwards (serial, target, dead, id);
CREATE INDEX forwards_by_capture ON forwards (capture);

-- Targets that fail.
CREATE TABLE failing (
  serial    INTEGER NOT NULL,
  target    TEXT    NOT NULL,
  since     INTEGER NOT NULL,
  paused_at INTEGER,
  PRIMARY KEY (serial, target)
) STRICT, WITHOUT ROWID;
