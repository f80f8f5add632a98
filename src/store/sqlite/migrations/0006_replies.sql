-- What was answered beyond a status: captures that were given the plain reply have no row here.
CREATE TABLE replies (
  id      INTEGER PRIMARY KEY,                  -- of the capture
  headers BLOB    NOT NULL,                     -- lines, each with its line end
  body    BLOB    NOT NULL
) STRICT;
