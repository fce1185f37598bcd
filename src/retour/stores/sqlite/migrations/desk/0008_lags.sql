-- How long after it happened something was known, counted by source, day and step.

CREATE TABLE lags (
  account TEXT NOT NULL,        -- '' for what belongs to none
  day INTEGER NOT NULL,         -- since 1970, UTC
  source TEXT NOT NULL,
  step INTEGER NOT NULL,
  events INTEGER NOT NULL,
  PRIMARY KEY (account, day, source, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX lags_of_day ON lags (day);
