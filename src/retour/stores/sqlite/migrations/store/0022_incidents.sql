-- Outages at providers, and what the guard goes by. No address stands here.

CREATE TABLE incidents (
  id TEXT PRIMARY KEY,
  account INTEGER NOT NULL,
  family TEXT NOT NULL,         -- provider, domain, or '*'
  begins INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  first INTEGER NOT NULL,       -- events up to this number are older
  sign TEXT NOT NULL,
  hard INTEGER NOT NULL,
  rate REAL,
  norm REAL NOT NULL,
  stage TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  turn INTEGER NOT NULL,
  closed_at INTEGER,
  by TEXT NOT NULL,
  note TEXT NOT NULL,
  done INTEGER NOT NULL,
  held INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  retried INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX incidents_of_account ON incidents (account, opened_at, id);
CREATE INDEX incidents_standing ON incidents (opened_at) WHERE stage <> 'closed';

-- One a look, for about an hour.
CREATE TABLE guard_marks (
  at INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,      -- of the latest event
  attempts TEXT NOT NULL        -- JSON: by account and provider
) STRICT;
