-- Waves, and the events that each is to record: written down before the first of them is recorded.

CREATE TABLE waves (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,        -- '': of several
  act TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL,
  about TEXT NOT NULL,          -- JSON
  stage TEXT NOT NULL,
  planned INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  by TEXT NOT NULL DEFAULT '',
  moved_at INTEGER NOT NULL
) STRICT;
CREATE INDEX waves_of_account ON waves (account, number);

CREATE TABLE planned (
  wave INTEGER NOT NULL,
  place INTEGER NOT NULL,       -- in the plan, from 1
  account TEXT NOT NULL,
  address TEXT NOT NULL,
  id BLOB NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT,
  status TEXT,
  send INTEGER,
  handed_over INTEGER,
  standing TEXT NOT NULL,
  begins INTEGER,
  outcome TEXT,
  body TEXT,                    -- as that of evidence; NULL: actor and note are the wave's
  PRIMARY KEY (wave, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX planned_for_address ON planned (address);
