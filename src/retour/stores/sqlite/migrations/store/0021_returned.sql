-- What became of addresses that came back by themselves: one row a return, and the same counted by day. Made of
-- the ledger when the store is opened first, and kept up by whatever changes an address.

CREATE TABLE returned (
  account INTEGER NOT NULL,
  k BLOB NOT NULL,
  number INTEGER NOT NULL,      -- of the line in the ledger
  at INTEGER NOT NULL,
  policy INTEGER NOT NULL,      -- version that let it come back
  delivered INTEGER,            -- first time after it, and before the next return
  bounced INTEGER,
  PRIMARY KEY (account, k, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE effects (
  account INTEGER NOT NULL,
  policy INTEGER NOT NULL,
  day INTEGER NOT NULL,
  what TEXT NOT NULL,           -- 'freed', 'delivered' or 'bounced'
  count INTEGER NOT NULL,
  PRIMARY KEY (account, policy, day, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE effects_made (
  made INTEGER NOT NULL
) STRICT;
