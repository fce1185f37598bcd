-- How long addresses that bounced softly stay unreached. Made behind the events, up to the number in
-- `softened_to`; an address that is followed is looked at now and then, and what was found is counted.

CREATE TABLE softened (
  account INTEGER NOT NULL,
  k BLOB NOT NULL,
  at INTEGER NOT NULL,          -- of the soft bounce that began it
  reason TEXT NOT NULL,
  days INTEGER NOT NULL,        -- whole days at the last look
  due INTEGER NOT NULL,         -- when to look again
  PRIMARY KEY (account, k)
) STRICT, WITHOUT ROWID;
CREATE INDEX softened_due ON softened (due);

CREATE TABLE lasted (
  account INTEGER NOT NULL,
  month TEXT NOT NULL,
  reason TEXT NOT NULL,
  what TEXT NOT NULL,           -- 'reached', 'stopped' or 'open'
  days INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (account, month, reason, what, days)
) STRICT, WITHOUT ROWID;

CREATE TABLE softened_to (
  number INTEGER NOT NULL       -- of the last event that was read
) STRICT;
INSERT INTO softened_to VALUES (0);
