-- Long work, with how far it is. An ended job stays for 90 days.

CREATE TABLE jobs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,        -- '' is the platform's own
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  "order" TEXT NOT NULL,        -- JSON, as place and result
  state TEXT NOT NULL,
  done INTEGER NOT NULL,
  total INTEGER,
  place TEXT NOT NULL,
  result TEXT NOT NULL,
  problem TEXT NOT NULL,
  starts INTEGER NOT NULL,
  cancelling INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER
) STRICT;
CREATE INDEX jobs_of_account ON jobs (account, number);
CREATE INDEX jobs_to_do ON jobs (state, number) WHERE state IN ('waiting', 'running');
