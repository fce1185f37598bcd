-- The last sign of life of each kind, one row an address. Keyed hashes alone: of most addresses nothing else
-- is known here.
CREATE TABLE engagements (
  account INTEGER NOT NULL,
  k BLOB NOT NULL,
  opened INTEGER,
  clicked INTEGER,
  replied INTEGER,
  logged_in INTEGER,
  PRIMARY KEY (account, k)
) STRICT, WITHOUT ROWID;
