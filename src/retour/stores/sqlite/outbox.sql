-- name: set_hook
INSERT OR REPLACE INTO hooks
  (id, account, url, types, created_at, secret, rotated_at, disabled_at, disabled_why, failing_since)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: drop_hook
DELETE FROM hooks WHERE id = ?;

-- name: drop_attempts_of_target
DELETE FROM attempts WHERE message IN (SELECT number FROM messages WHERE target = ?);

-- name: drop_messages_of_target
DELETE FROM messages WHERE target = ?;

-- name: hooks
SELECT id, account, url, types, created_at, secret, rotated_at, disabled_at, disabled_why, failing_since
FROM hooks WHERE :account IS NULL OR account = :account ORDER BY created_at, id;

-- name: hook
SELECT id, account, url, types, created_at, secret, rotated_at, disabled_at, disabled_why, failing_since
FROM hooks WHERE id = ?;

-- name: mark
SELECT value FROM marks WHERE name = ?;

-- name: set_mark
INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: put
INSERT OR IGNORE INTO messages (target, id, account, type, body, created_at, due_at)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: targets
-- One look-up for each target, however many messages wait for it.
WITH RECURSIVE found (target) AS (
  SELECT min(target) FROM messages WHERE state = 'waiting'
  UNION ALL
  SELECT (SELECT min(target) FROM messages WHERE state = 'waiting' AND target > found.target)
  FROM found WHERE found.target IS NOT NULL
)
SELECT target FROM found WHERE target IS NOT NULL;

-- name: due
SELECT target, id, account, type, body, created_at, number, state, attempts, due_at, status, said, ended_at,
  fault
FROM messages WHERE state = 'waiting' AND target = :target AND due_at <= :now
ORDER BY due_at, number LIMIT :limit;

-- name: tried
UPDATE messages
SET state = ?, attempts = ?, due_at = ?, status = ?, said = ?, ended_at = ?, fault = ? WHERE number = ?;

-- name: add_attempt
INSERT INTO attempts (message, at, status, said, milliseconds, fault) VALUES (?, ?, ?, ?, ?, ?);

-- name: attempts
SELECT at, status, said, milliseconds, fault FROM attempts WHERE message = ? ORDER BY rowid;

-- name: sought
SELECT target, id, account, type, body, created_at, number, state, attempts, due_at, status, said, ended_at,
  fault
FROM messages WHERE target = :target AND (:before IS NULL OR number < :before)
  AND (:state IS NULL OR state = :state)
  AND (:since IS NULL OR created_at >= :since) AND (:until IS NULL OR created_at < :until)
ORDER BY number DESC LIMIT :limit;

-- name: message
SELECT target, id, account, type, body, created_at, number, state, attempts, due_at, status, said, ended_at,
  fault
FROM messages WHERE target = ? AND id = ?;

-- name: again
UPDATE messages SET state = 'waiting', attempts = 0, due_at = :now, ended_at = NULL
WHERE target = :target AND (state <> 'waiting' OR attempts > 0)
  AND CASE WHEN :named THEN id IN (SELECT value FROM json_each(:ids))
           ELSE created_at >= :since AND created_at < :until END;

-- name: counts
SELECT state, count(*) FROM messages GROUP BY state;

-- name: lost
SELECT count(*) FROM messages WHERE created_at < ? AND state <> 'delivered';

-- name: purge_attempts
DELETE FROM attempts WHERE message IN (SELECT number FROM messages WHERE created_at < ?);

-- name: purge
DELETE FROM messages WHERE created_at < ?;
