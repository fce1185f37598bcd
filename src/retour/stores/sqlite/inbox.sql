-- name: put
INSERT OR IGNORE INTO arrivals
  (id, inlet, received_at, raw, size, mail_from, rcpt_to, proof, account, defects)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: waiting
SELECT id, inlet, received_at, raw, size, mail_from, rcpt_to, proof, account, defects
FROM arrivals WHERE outcome = 'waiting' ORDER BY number LIMIT :limit;

-- name: settle
UPDATE arrivals SET outcome = ?, settled_at = ? WHERE id = ?;

-- name: arrival
SELECT id, inlet, received_at, raw, size, mail_from, rcpt_to, proof, account, defects
FROM arrivals WHERE id = ? AND raw IS NOT NULL;

-- name: unparsed
SELECT id, inlet, received_at, raw, size, mail_from, rcpt_to, proof, account, defects
FROM arrivals
WHERE outcome = 'unparsed'
  AND number < coalesce((SELECT number FROM arrivals WHERE id = :after), 9223372036854775807)
ORDER BY number DESC LIMIT :limit;

-- name: counts
-- From indexes alone: a count that read the rows would read every mail.
WITH open (outcome, n) AS (
  SELECT 'waiting', count(*) FROM arrivals WHERE outcome = 'waiting'
  UNION ALL SELECT 'unparsed', count(*) FROM arrivals WHERE outcome = 'unparsed'
)
SELECT outcome, n FROM open
UNION ALL SELECT 'judged', (SELECT count(*) FROM arrivals) - (SELECT sum(n) FROM open);

-- name: expire
UPDATE arrivals SET raw = NULL, mail_from = NULL, rcpt_to = NULL
WHERE number IN (
  SELECT number FROM arrivals
  WHERE outcome = 'judged' AND raw IS NOT NULL AND received_at < :before LIMIT :limit
);
