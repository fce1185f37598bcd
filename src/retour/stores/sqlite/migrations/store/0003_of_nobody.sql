-- Reports of no account, latest last: they are few, and staff reads them (account 0).

CREATE INDEX events_of_nobody ON events (number) WHERE account = 0;
