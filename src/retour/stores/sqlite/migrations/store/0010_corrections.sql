-- Which address was corrected into which. Of a link only the digest is kept, and that only while it works.
CREATE TABLE corrections (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  account INTEGER NOT NULL,
  old_k BLOB NOT NULL,
  new_k BLOB NOT NULL,
  old TEXT NOT NULL,
  new TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  expires INTEGER,              -- of the link; NULL: nobody was to confirm it
  confirmed INTEGER,
  withdrawn INTEGER,
  digest BLOB UNIQUE
) STRICT;
CREATE INDEX corrections_of_account ON corrections (account, number);
CREATE INDEX corrections_from ON corrections (old_k, account);
CREATE INDEX corrections_to ON corrections (new_k, account);
