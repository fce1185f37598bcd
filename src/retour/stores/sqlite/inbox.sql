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
SELECT outcome, count(*) FROM arrivals GROUP BY outcome;

-- name: expire
UPDATE arrivals SET raw = NULL, mail_from = NULL, rcpt_to = NULL
WHERE outcome = 'judged' AND raw IS NOT NULL AND received_at < ?;
