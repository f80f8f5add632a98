-- Bins that went quiet are looked up by day: an index by the microsecond would have to be written with every commit.
DROP INDEX bins_by_age;
ALTER TABLE bins ADD COLUMN active_day INTEGER NOT NULL DEFAULT 0; -- days since 1970, of the last capture or of the making
UPDATE bins SET active_day = ifnull(last_capture_at, created_at) / 86400000000;
CREATE INDEX bins_by_day ON bins (active_day) WHERE gone_at IS NULL;
