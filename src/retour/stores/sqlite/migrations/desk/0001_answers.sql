-- Answers by idempotency key, for two days. One without status is being made.

CREATE TABLE answers (
  scope TEXT NOT NULL,          -- id of the API key that asked
  key TEXT NOT NULL,
  request BLOB NOT NULL,        -- SHA-256 of the whole request
  at INTEGER NOT NULL,
  status INTEGER,
  headers TEXT,                 -- JSON
  body BLOB,                    -- NULL: it held a secret
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_by_age ON answers (at);
