-- Whom an account writes to, and the lists they are on.

CREATE TABLE contacts (
  number INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  address TEXT NOT NULL,
  name TEXT NOT NULL,
  attributes TEXT NOT NULL,     -- a JSON object
  made_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX contacts_of_account ON contacts (account, address);

CREATE TABLE contact_lists (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account INTEGER NOT NULL,
  name TEXT NOT NULL,
  actor TEXT NOT NULL,
  made_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX contact_lists_of_account ON contact_lists (account, name);

CREATE TABLE contact_places (
  list INTEGER NOT NULL,
  contact INTEGER NOT NULL,
  PRIMARY KEY (list, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX places_of_contact ON contact_places (contact);
