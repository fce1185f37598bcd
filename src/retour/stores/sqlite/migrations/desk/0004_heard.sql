-- What came from each source: what an operator looks at first when something is missing.

CREATE TABLE heard (
  source TEXT NOT NULL,
  account TEXT NOT NULL,        -- '' for arrivals that belong to none
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  arrivals INTEGER NOT NULL,
  unparsed INTEGER NOT NULL,
  last_unparsed_at INTEGER,
  PRIMARY KEY (source, account)
) STRICT, WITHOUT ROWID;
