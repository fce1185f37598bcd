-- name: keep
INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: one
SELECT * FROM incidents WHERE id = ?;

-- name: listed
SELECT * FROM incidents WHERE account = :account AND (:before IS NULL
    OR (opened_at, id) < (SELECT opened_at, id FROM incidents WHERE id = :before))
ORDER BY opened_at DESC, id DESC LIMIT :limit;

-- name: standing
SELECT * FROM incidents WHERE stage <> 'closed' ORDER BY opened_at;

-- name: last_event
SELECT coalesce(max(number), 0) FROM events;

-- name: heard
SELECT e.number, e.account, s.address, e.id, e.kind, e.at, e.reason, e.status, e.outcome
FROM events AS e CROSS JOIN states AS s ON s.k = e.k AND s.account = e.account
WHERE e.number > :after AND e.number <= :last AND e.standing = 'proven' AND e.account <> 0 AND s.domain <> ''
  AND e.kind IN ('bounce', 'incident_open') ORDER BY e.number;

-- name: mark
INSERT OR REPLACE INTO guard_marks VALUES (?, ?, ?);

-- name: drop_marks
DELETE FROM guard_marks WHERE at < ?;

-- name: marks
SELECT at, number, attempts FROM guard_marks ORDER BY at;

-- name: held
SELECT e.number, e.account, s.address, e.id, e.kind, e.at, e.reason, e.status, e.outcome
FROM events AS e INDEXED BY events_of_incident CROSS JOIN states AS s ON s.k = e.k AND s.account = e.account
WHERE e.kind = 'incident_open' AND e.outcome = :id AND e.number > :after AND s.domain <> ''
  AND (s.state = 'held' OR NOT EXISTS (SELECT 1 FROM incidents WHERE id = :id AND stage = 'open'))
ORDER BY e.number LIMIT :limit;

-- name: count_held
SELECT count(*), coalesce(max(number), :after) FROM (
  SELECT e.number
  FROM events AS e INDEXED BY events_of_incident CROSS JOIN states AS s ON s.k = e.k AND s.account = e.account
  WHERE e.kind = 'incident_open' AND e.outcome = :id AND e.number > :after AND s.domain <> ''
    AND (s.state = 'held' OR NOT EXISTS (SELECT 1 FROM incidents WHERE id = :id AND stage = 'open'))
  ORDER BY e.number LIMIT :most);
