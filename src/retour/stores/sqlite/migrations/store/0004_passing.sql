-- Deliveries of messages whose sends nobody registered, to addresses that have events; `send` is below 0 and
-- stands for the message. A fold reads them beside those of sends.
CREATE TABLE delivered (
  k BLOB NOT NULL,
  account INTEGER NOT NULL,
  send INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (k, account, send)
) STRICT, WITHOUT ROWID;

-- What is only counted: deliveries, mails opened ... By day since 1970, never by address.
CREATE TABLE tallies (
  account INTEGER NOT NULL,
  day INTEGER NOT NULL,
  kind TEXT NOT NULL,
  domain TEXT NOT NULL,         -- of the recipient; '' for all beyond the most that are told apart
  campaign TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (account, day, kind, domain, campaign)
) STRICT, WITHOUT ROWID;

-- What was counted within the last days, so that repeating it counts nothing: 8 octets of a hash each.
CREATE TABLE tallied (
  day INTEGER NOT NULL,
  id INTEGER NOT NULL,
  PRIMARY KEY (day, id)
) STRICT, WITHOUT ROWID;
