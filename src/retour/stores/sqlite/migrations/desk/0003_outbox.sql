-- Who is told of what, and what waits to be told.

CREATE TABLE hooks (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  url TEXT NOT NULL,
  types TEXT NOT NULL,          -- JSON; [] means all
  created_at INTEGER NOT NULL,
  secret INTEGER NOT NULL,      -- its number: the secret itself is made from the key file
  rotated_at INTEGER,
  disabled_at INTEGER,
  disabled_why TEXT NOT NULL,
  failing_since INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
  number INTEGER PRIMARY KEY,
  target TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting',
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL,
  status INTEGER,
  said TEXT NOT NULL DEFAULT '',
  ended_at INTEGER
) STRICT;
CREATE INDEX messages_due ON messages (target, due_at, number) WHERE state = 'waiting';
CREATE INDEX messages_of_target ON messages (target, number);
CREATE INDEX messages_by_age ON messages (created_at);

CREATE TABLE attempts (
  message INTEGER NOT NULL,
  at INTEGER NOT NULL,
  status INTEGER,
  said TEXT NOT NULL,
  milliseconds INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_of_message ON attempts (message);

-- How far the ledger was read for it.
CREATE TABLE marks (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
