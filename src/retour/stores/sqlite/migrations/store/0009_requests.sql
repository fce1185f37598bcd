-- Restore requests: who asked for which addresses, what was done about the cause, and what support said. Each
-- names its addresses, or one domain (a target without an address); an address of the domain that was ruled on
-- otherwise is a target beside it.

CREATE TABLE requests (
  number INTEGER PRIMARY KEY,   -- its place in the queue
  id TEXT NOT NULL UNIQUE,
  account INTEGER NOT NULL,
  kind TEXT NOT NULL,
  domain TEXT,
  done TEXT NOT NULL,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  status TEXT NOT NULL,
  ended_at INTEGER,
  ended_by TEXT,
  approved INTEGER,             -- of those that were not ruled on apart
  reason TEXT,
  settled INTEGER NOT NULL      -- 0: events and notices may still be missing
) STRICT;
CREATE INDEX requests_of_account ON requests (account, number);
CREATE INDEX requests_open ON requests (number) WHERE status = 'open';
CREATE INDEX requests_unsettled ON requests (number) WHERE settled = 0;

CREATE TABLE request_targets (
  account INTEGER NOT NULL,
  domain TEXT NOT NULL,
  address TEXT NOT NULL,        -- '' for the whole domain
  request INTEGER NOT NULL,
  place INTEGER NOT NULL,       -- in the order in which they were given; -1 of one that was only ruled on
  approved INTEGER,             -- of one that was ruled on apart
  reason TEXT,
  PRIMARY KEY (account, domain, address, request)
) STRICT, WITHOUT ROWID;
CREATE INDEX targets_of_request ON request_targets (request, place);
