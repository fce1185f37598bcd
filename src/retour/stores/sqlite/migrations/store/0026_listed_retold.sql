-- Listed bounces that the roll-up `bounced` does not have, for they were no bounces before they were judged
-- again: whoever looks for those of a domain there finds these here.
CREATE INDEX listed_retold ON events (account, at)
WHERE label IS NOT NULL AND (kind <> 'bounce' OR standing <> 'proven');
