-- The decision ledger of one account, latest first. Numbers rise, so that it is written at each account's end.

CREATE INDEX records_of_account ON records (account, number);
