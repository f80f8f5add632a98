-- Captures lie in a table of the day they came, if their bin may end soon after it, so that such a day is dropped as a whole when it
-- is over. What stays longer is kept in a table for all days; what comes for a day that has no table is late.
--
-- Numbers are unique in each table, and no number is in two: they are given under the lock of the bin.
ALTER TABLE captures RENAME TO captures_kept;
ALTER INDEX captures_pkey RENAME TO captures_kept_pkey;
ALTER INDEX captures_odd RENAME TO captures_kept_odd;
ALTER TABLE captures_kept ADD COLUMN day INTEGER NOT NULL DEFAULT 0; -- since 1970; 0 is kept

-- A node that knows nothing of days leaves the day to the server.
CREATE TABLE captures (LIKE captures_kept INCLUDING STORAGE) PARTITION BY RANGE (day);
ALTER TABLE captures ALTER COLUMN day SET DEFAULT floor(extract(epoch FROM now()) / 86400);
CREATE INDEX captures_odd ON captures (serial, n)
  WHERE method <> 'POST'::bytea OR status IS DISTINCT FROM 200 OR state <> 0;

-- This reads the captures that are there once.
ALTER TABLE captures ATTACH PARTITION captures_kept FOR VALUES FROM (MINVALUE) TO (1);
CREATE TABLE captures_late PARTITION OF captures (PRIMARY KEY (serial, n)) DEFAULT;
