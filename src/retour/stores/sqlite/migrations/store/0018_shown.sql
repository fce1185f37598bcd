-- Roll-ups of what the Overview may show, made anew when the store is opened under other terms than these.

CREATE TABLE shown (
  account INTEGER NOT NULL,
  campaign TEXT NOT NULL,       -- '': the listed bounces of an address, of all campaigns and of none
  provider TEXT NOT NULL,       -- '' where the domain tells none
  state TEXT NOT NULL,
  marks TEXT NOT NULL,          -- of its listed bounces: "type reason kind", with commas
  count INTEGER NOT NULL,       -- of addresses
  PRIMARY KEY (account, campaign, provider, state, marks)
) STRICT, WITHOUT ROWID;

CREATE TABLE listed_days (
  account INTEGER NOT NULL,
  of TEXT NOT NULL,             -- 'campaign' or 'domain'
  day INTEGER NOT NULL,
  name TEXT NOT NULL,           -- '' of none, or of all beyond the most that are told apart
  type TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL,       -- of listed bounces
  PRIMARY KEY (account, of, day, name, type, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE shown_terms (
  terms TEXT NOT NULL           -- digest of what tells providers by domains
) STRICT;
