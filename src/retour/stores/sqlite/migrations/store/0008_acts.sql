-- Lines of the decision ledger that are about no single address (a wave, an erasure): each is written once.

CREATE TABLE acts (
  id BLOB PRIMARY KEY,
  record INTEGER NOT NULL       -- number of the line
) STRICT, WITHOUT ROWID;
