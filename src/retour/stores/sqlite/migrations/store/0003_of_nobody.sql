-- What staff looks at: reports of no account (account 0), and bounces whose cause nothing told. Both are few.

CREATE INDEX events_of_nobody ON events (number) WHERE account = 0;
CREATE INDEX events_undetermined ON events (number) WHERE reason = 'undetermined';
