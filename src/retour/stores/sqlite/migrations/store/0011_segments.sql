-- Roll-ups of bounces: every proven one, those not listed too. Made behind the events, up to the number in
-- `rolled`; what is newer is added before anybody counts.

CREATE TABLE replies (
  number INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  shape TEXT NOT NULL           -- classify.shape of a server's reply: no address, no number is in it
) STRICT;
CREATE UNIQUE INDEX replies_of_account ON replies (account, shape);

CREATE TABLE facets (
  number INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  reply INTEGER NOT NULL,       -- 0: of none that is told apart
  reason TEXT NOT NULL,
  status TEXT NOT NULL,
  type TEXT NOT NULL,
  campaign TEXT NOT NULL,
  count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX facets_of_account ON facets (account, reply, reason, status, type, campaign);

CREATE TABLE bounced (
  account INTEGER NOT NULL,
  day INTEGER NOT NULL,
  facet INTEGER NOT NULL,
  number INTEGER NOT NULL,      -- of the event
  PRIMARY KEY (account, day, facet, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE bounced_days (
  account INTEGER NOT NULL,
  facet INTEGER NOT NULL,
  day INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (account, facet, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE bounced_domains (
  account INTEGER NOT NULL,
  domain TEXT NOT NULL,
  facet INTEGER NOT NULL,
  day INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (account, domain, facet, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE rolled (
  number INTEGER NOT NULL       -- of the last event in the roll-ups
) STRICT;
INSERT INTO rolled VALUES (0);

CREATE TABLE segments (
  account INTEGER NOT NULL,
  name TEXT NOT NULL,
  asked TEXT NOT NULL,          -- JSON
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
