-- Every line of the ledger holds the one before it in its account (retour.chain). Lines from before this
-- version have no link; the chain begins behind them.

ALTER TABLE records ADD COLUMN link TEXT;

CREATE TABLE chains (
  account INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,      -- of the latest line
  link TEXT NOT NULL
) STRICT, WITHOUT ROWID;
