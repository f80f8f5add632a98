-- Listeners that answer for a bin, and until when by the server's clock. Who had the seat last stays for a while: it may still answer.
CREATE TABLE seats (
  serial   BIGINT      PRIMARY KEY,                 -- of the bin
  name     TEXT        NOT NULL,
  turn     BYTEA       NOT NULL UNIQUE,             -- 16 bytes that a connection of the listener makes up
  patience BIGINT      NOT NULL,                    -- milliseconds
  until    TIMESTAMPTZ NOT NULL
);

-- Whether the attempt was told of by the listener that had the seat. What is moved to another store needs no such word.
ALTER TABLE attempts ADD COLUMN seated BOOLEAN NOT NULL DEFAULT false;
