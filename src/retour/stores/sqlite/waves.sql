-- name: begin
INSERT INTO waves (id, account, act, at, actor, note, about, stage, by, moved_at)
VALUES (:id, :account, :act, :at, :actor, :note, :about, 'planning', :actor, :at)
ON CONFLICT (id) DO UPDATE SET stage = 'planning', planned = 0, moved_at = excluded.moved_at
WHERE stage IN ('planning', 'dropped');

-- name: number
SELECT number, planned, actor, note FROM waves WHERE id = ?;

-- name: add
INSERT INTO planned (wave, place, account, address,
  id, kind, at, reason, status, send, handed_over, standing, begins, outcome, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: set_planned
UPDATE waves SET planned = ? WHERE number = ?;

-- name: tell
UPDATE waves SET about = ? WHERE id = ?;

-- name: turn
UPDATE waves SET
  done = CASE WHEN :to = 'undoing' AND stage = 'applying' THEN min(planned, done + :batch) ELSE done END,
  stage = :to, by = :by, moved_at = :now
WHERE id = :id AND stage IN (SELECT value FROM json_each(:stages));

-- name: drop_plan
DELETE FROM planned WHERE wave = (SELECT number FROM waves WHERE id = ?);

-- name: advance
UPDATE waves SET done = ? WHERE id = ?;

-- name: events
SELECT p.account, p.address, p.body, w.actor, w.note,
  p.id, p.kind, p.at, p.reason, p.status, p.send, p.handed_over, p.standing, p.begins, p.outcome
FROM waves AS w CROSS JOIN planned AS p ON p.wave = w.number
WHERE w.id = :id AND p.place > :after AND p.place <= :until ORDER BY p.place;

-- name: accounts
SELECT DISTINCT p.account FROM waves AS w CROSS JOIN planned AS p ON p.wave = w.number
WHERE w.id = ? ORDER BY p.account;

-- name: one
SELECT id, account, act, at, actor, note, about, stage, planned, done, by, moved_at FROM waves WHERE id = ?;

-- name: listed
SELECT id, account, act, at, actor, note, about, stage, planned, done, by, moved_at FROM waves
WHERE (:account IS NULL OR account = :account)
  AND (:after IS NULL OR number < (SELECT number FROM waves WHERE id = :after))
ORDER BY number DESC LIMIT :limit;

-- name: expire
DELETE FROM planned WHERE wave IN (
  SELECT number FROM waves WHERE moved_at < ? AND stage IN ('planned', 'applied', 'undone'));
