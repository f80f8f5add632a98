-- How often the sequence of a rule was used, by what it counts.
CREATE TABLE uses (
  serial INTEGER NOT NULL,                      -- of the bin
  rule   TEXT    NOT NULL,
  key    BLOB    NOT NULL,                      -- nothing, or a path, or what deliveries share
  used   INTEGER NOT NULL,
  at     INTEGER NOT NULL,                      -- the last time
  PRIMARY KEY (serial, rule, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX uses_by_age ON uses (at);

ALTER TABLE replies ADD COLUMN fault TEXT;
ALTER TABLE replies ADD COLUMN error TEXT;      -- why the planned reply was not given
