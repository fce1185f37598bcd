-- What the right pepper makes of nothing. Rows are named by hashes that the pepper keys: opened with another
-- key file, the store would find none of its addresses, and let mail go to all that are stopped.

CREATE TABLE pepper (
  proof BLOB NOT NULL
) STRICT;
