-- name: add
INSERT OR IGNORE INTO jobs (
  id, account, kind, actor, asked_at, "order", state, done, total, place, result, problem, starts, cancelling,
  started_at, ended_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: open
SELECT id, account FROM jobs WHERE state IN ('waiting', 'running') ORDER BY number;

-- name: take
UPDATE jobs SET state = 'running', starts = starts + 1, started_at = coalesce(started_at, ?) WHERE id = ?;

-- name: moved
UPDATE jobs SET done = ?, total = ?, place = ?, starts = iif(?, 1, starts) WHERE id = ? RETURNING cancelling;

-- name: end
UPDATE jobs SET state = ?, ended_at = ?, result = ?, problem = ?
WHERE id = ? AND state IN ('waiting', 'running');

-- name: cancel
UPDATE jobs
SET cancelling = 1,
  ended_at = CASE state WHEN 'waiting' THEN ? ELSE ended_at END,
  state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE state END
WHERE id = ? AND state IN ('waiting', 'running');

-- name: by_id
SELECT id, account, kind, actor, asked_at, "order", state, done, total, place, result, problem, starts,
  cancelling, started_at, ended_at
FROM jobs WHERE id = ?;

-- name: group
-- "." comes right after "-".
SELECT id, account, kind, actor, asked_at, "order", state, done, total, place, result, problem, starts,
  cancelling, started_at, ended_at
FROM jobs WHERE id > :id || '-' AND id < :id || '.' ORDER BY number;

-- name: listed
SELECT id, account, kind, actor, asked_at, "order", state, done, total, place, result, problem, starts,
  cancelling, started_at, ended_at
FROM jobs
WHERE account = :account AND (:kind IS NULL OR kind = :kind)
  AND (:after IS NULL OR number < (SELECT number FROM jobs WHERE id = :after AND account = :account))
ORDER BY number DESC LIMIT :limit;

-- name: expire
DELETE FROM jobs WHERE ended_at < ?;
