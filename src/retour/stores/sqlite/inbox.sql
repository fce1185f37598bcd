-- name: put
INSERT OR IGNORE INTO arrivals
  (id, inlet, received_at, raw, size, mail_from, rcpt_to, proof, account, defects, form, passing)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: waiting
SELECT id, inlet, received_at, raw, size, mail_from, rcpt_to, proof, account, defects, form, passing
FROM arrivals WHERE outcome = 'waiting' ORDER BY number LIMIT :limit;

-- name: settle
UPDATE arrivals SET outcome = ?, settled_at = ? WHERE id = ?;

-- name: passes
UPDATE arrivals SET passing = 2, raw = NULL WHERE id = ? AND passing = 0 AND outcome = 'judged';

-- name: forget
DELETE FROM arrivals WHERE number IN (
  SELECT number FROM arrivals WHERE passing = 2 AND received_at < :before LIMIT :limit
);

-- name: let_pass
-- By the index of those alone, of which few stand at any time.
DELETE FROM arrivals WHERE passing = 1 AND outcome = 'judged';

-- name: arrival
SELECT id, inlet, received_at, raw, size, mail_from, rcpt_to, proof, account, defects, form, passing
FROM arrivals WHERE id = ? AND raw IS NOT NULL;

-- name: outcome
SELECT outcome FROM arrivals WHERE id = ?;

-- name: unparsed
SELECT id, inlet, received_at, raw, size, mail_from, rcpt_to, proof, account, defects, form, passing
FROM arrivals
WHERE outcome = 'unparsed'
  AND number < coalesce((SELECT number FROM arrivals WHERE id = :after), 9223372036854775807)
ORDER BY number DESC LIMIT :limit;

-- name: counts
-- From indexes alone: a count that read the rows would read every mail.
WITH open (outcome, n) AS (
  SELECT 'waiting', count(*) FROM arrivals WHERE outcome = 'waiting'
  UNION ALL SELECT 'unparsed', count(*) FROM arrivals WHERE outcome = 'unparsed'
  UNION ALL SELECT 'expired', count(*) FROM arrivals WHERE outcome = 'expired'
)
SELECT outcome, n FROM open
UNION ALL SELECT 'judged', (SELECT count(*) FROM arrivals) - (SELECT sum(n) FROM open);

-- name: expire
UPDATE arrivals SET raw = NULL, mail_from = NULL, rcpt_to = NULL
WHERE number IN (
  SELECT number FROM arrivals
  WHERE outcome = 'judged' AND raw IS NOT NULL AND received_at < :before LIMIT :limit
);

-- name: give_up
UPDATE arrivals SET outcome = 'expired', raw = NULL, mail_from = NULL, rcpt_to = NULL
WHERE number IN (
  SELECT number FROM arrivals WHERE outcome = 'unparsed' AND received_at < :before LIMIT :limit
);

-- name: last_unparsed
SELECT max(number) FROM arrivals WHERE outcome = 'unparsed';

-- name: again
-- Only beyond :after: what is found unparsed once more meanwhile is not taken up again.
UPDATE arrivals SET outcome = 'waiting', settled_at = NULL
WHERE number IN (
  SELECT number FROM arrivals
  WHERE outcome = 'unparsed' AND number > :after AND number <= :last
    AND (:account IS NULL OR account = :account) ORDER BY number LIMIT :limit
)
RETURNING number;

-- name: again_late
-- What came late is counted from now on; its defect says that somebody wanted it.
UPDATE arrivals SET outcome = 'waiting', settled_at = NULL, defects = (
  SELECT json_group_array(iif(value = :late, :counted, value)) FROM json_each(arrivals.defects)
)
WHERE number IN (
  SELECT number FROM arrivals
  WHERE outcome = 'unparsed' AND number > :after AND number <= :last
    AND (:account IS NULL OR account = :account)
    AND EXISTS (SELECT 1 FROM json_each(arrivals.defects) WHERE value = :late) ORDER BY number LIMIT :limit
)
RETURNING number;

-- name: move_cursor
INSERT INTO cursors (name, place) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET place = excluded.place;

-- name: forget_cursor
DELETE FROM cursors WHERE name = ?;

-- name: cursors
SELECT name, place FROM cursors WHERE name >= :prefix AND name < :beyond;
