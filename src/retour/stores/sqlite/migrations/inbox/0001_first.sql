-- Arrivals, in a file of their own: a long write in the ledger never delays a 250.

CREATE TABLE arrivals (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  inlet TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  raw BLOB,                     -- NULL: past its retention
  size INTEGER NOT NULL,
  mail_from TEXT,
  rcpt_to TEXT,
  proof TEXT NOT NULL,
  account TEXT,
  defects TEXT NOT NULL,        -- JSON
  outcome TEXT NOT NULL DEFAULT 'waiting',
  settled_at INTEGER
) STRICT;
CREATE INDEX arrivals_waiting ON arrivals (number) WHERE outcome = 'waiting';
CREATE INDEX arrivals_unparsed ON arrivals (number) WHERE outcome = 'unparsed';
CREATE INDEX arrivals_to_expire ON arrivals (received_at) WHERE outcome = 'judged' AND raw IS NOT NULL;
