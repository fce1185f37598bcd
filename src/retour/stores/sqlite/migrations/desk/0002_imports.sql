-- Imports of suppression lists, and which events each of them recorded: what an undo takes back.

CREATE TABLE imports (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  form TEXT NOT NULL,
  dry INTEGER NOT NULL,
  counts TEXT NOT NULL,         -- JSON
  ended INTEGER NOT NULL DEFAULT 0,
  undone_at INTEGER
) STRICT;
CREATE INDEX imports_of_account ON imports (account, number);

CREATE TABLE imported (
  import INTEGER NOT NULL,
  address TEXT NOT NULL,
  kind TEXT NOT NULL,
  event BLOB,                   -- NULL: it changed nothing; gone when the import ends
  PRIMARY KEY (import, address, kind)
) STRICT, WITHOUT ROWID;
