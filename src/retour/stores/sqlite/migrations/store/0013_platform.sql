-- What the whole platform has stopped: hashes under a key of their own, and since which day. Neither an address
-- nor an account stands here, nor how many accounts there were.

CREATE TABLE platform_stops (
  hash BLOB PRIMARY KEY,
  since INTEGER,                -- NULL: not stopped, or no more
  lifted_at INTEGER,            -- verdicts from before count no more
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX platform_by_revision ON platform_stops (revision);

-- How far the ledger was read for them, and under which terms: others begin anew.
CREATE TABLE platform_place (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  terms TEXT NOT NULL,
  record INTEGER NOT NULL
) STRICT;
