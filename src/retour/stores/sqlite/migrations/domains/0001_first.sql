-- What the DNS said about domains. Nothing here is lost that could not be asked for again; what it keeps is how
-- many runs have said so.
CREATE TABLE domain (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    checked_at TEXT NOT NULL,  -- ISO 8601, UTC
    expires_at TEXT,
    runs INTEGER NOT NULL,
    hosts TEXT NOT NULL  -- separated by blanks
) WITHOUT ROWID, STRICT;
