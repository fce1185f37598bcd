-- How far a source was read: written with the arrivals that were read, so that neither is ahead of the other.

CREATE TABLE cursors (
  name TEXT PRIMARY KEY,
  place BLOB NOT NULL           -- in the source's own octets
) STRICT, WITHOUT ROWID;
