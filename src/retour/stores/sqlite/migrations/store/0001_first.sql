-- The system of record. Times are microseconds since 1970 UTC, k the 16-byte key of a normalised address,
-- account the account's number (0: of no account). What grows is written at its end; the one thing that is
-- written all over the file is a row of `states`.

CREATE TABLE accounts (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  return_domain TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,  -- of the secret, which is kept nowhere
  account TEXT NOT NULL,        -- '' for staff
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
  account INTEGER NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  author TEXT NOT NULL,
  policy TEXT NOT NULL,         -- JSON, whole: a preset that changes later changes no version
  PRIMARY KEY (account, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE sends (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  k BLOB NOT NULL,
  recipient TEXT NOT NULL,      -- as given
  kind TEXT NOT NULL,
  handed_over INTEGER NOT NULL,
  campaign TEXT,
  sender TEXT,
  subject TEXT,
  message_id TEXT,
  delivered_at INTEGER
) STRICT;
-- Holds the deliveries of an address: a fold reads this index alone.
CREATE INDEX sends_of_address ON sends (k, account, delivered_at);
CREATE INDEX sends_of_message ON sends (message_id, k) WHERE message_id IS NOT NULL;

-- The events of an address form a chain: its row in `states` names the latest, each event the one before.
-- So they are appended in order of arrival, an id is looked up in the chain of its address, and no index
-- over random keys has to be kept.
CREATE TABLE events (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  k BLOB NOT NULL,
  account INTEGER NOT NULL,
  previous INTEGER,
  label INTEGER,                -- of a listed bounce since clean; the one thing that changes of an event
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT,
  status TEXT,
  send INTEGER,
  handed_over INTEGER,
  standing TEXT NOT NULL,
  begins INTEGER,
  outcome TEXT
) STRICT;
-- The Overview, latest first; times rise, so that this too is written at its end.
CREATE INDEX listed_by_time ON events (account, at, number, label) WHERE label IS NOT NULL;

-- All that the Overview filters bounces by. They are few; the writer looks for one before it adds it.
CREATE TABLE labels (
  number INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  status TEXT NOT NULL,         -- of the address: 'valid' or 'invalid'
  type TEXT,
  reason TEXT,
  campaign TEXT,                -- of the send, as the kind
  mail_kind TEXT
) STRICT;
CREATE INDEX labels_of_account ON labels (account, campaign, status, type, reason, mail_kind);

-- In which hours since 1970 a label occurs, or did: what is rare is found without a look at all bounces.
CREATE TABLE hours (
  account INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  label INTEGER NOT NULL,
  PRIMARY KEY (account, hour, label)
) STRICT, WITHOUT ROWID;

-- What an event was judged on, apart from the narrow row that a fold reads. Same number.
CREATE TABLE evidence (
  number INTEGER PRIMARY KEY,
  body TEXT NOT NULL            -- JSON
) STRICT;

CREATE TABLE states (
  k BLOB NOT NULL,
  account INTEGER NOT NULL,
  address TEXT NOT NULL,
  domain TEXT NOT NULL,
  first INTEGER NOT NULL,       -- number of its first event
  latest INTEGER NOT NULL,      -- number of its latest event: the head of its chain
  trail INTEGER,                -- number of its latest record
  state TEXT NOT NULL,
  causes TEXT NOT NULL,         -- strongest first, with commas
  since INTEGER,
  until INTEGER,
  hard INTEGER NOT NULL,
  soft INTEGER NOT NULL,
  block INTEGER NOT NULL,
  reasons TEXT,                 -- JSON of the own counters
  reactivations INTEGER NOT NULL,
  unsubscribed INTEGER NOT NULL,
  changes_at INTEGER,
  last_bounce INTEGER,
  listed INTEGER NOT NULL,
  PRIMARY KEY (k, account)
) STRICT, WITHOUT ROWID;
-- New addresses of a domain come at its end; an update of a state does not touch it.
CREATE INDEX states_of_domain ON states (account, domain, first);

-- When time alone may change a state. An alarm whose state has moved on is dropped when it rings.
CREATE TABLE alarms (
  at INTEGER NOT NULL,
  k BLOB NOT NULL,
  account INTEGER NOT NULL,
  PRIMARY KEY (at, k, account)
) STRICT, WITHOUT ROWID;

-- The decision ledger, append-only. It names the key, not the address: it outlives an erasure.
CREATE TABLE records (
  number INTEGER PRIMARY KEY,
  previous INTEGER,
  at INTEGER NOT NULL,
  k BLOB NOT NULL,
  account INTEGER NOT NULL,
  actor TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  cause TEXT,
  event BLOB,
  policy INTEGER NOT NULL
) STRICT;
