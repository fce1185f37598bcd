-- name: holders
SELECT account FROM states WHERE k = ? ORDER BY account;

-- name: last_event
SELECT coalesce(max(number), 0) FROM events;

-- name: touched
-- A report that is judged again need not have been of a dead mailbox before.
SELECT DISTINCT s.address FROM events AS e CROSS JOIN states AS s ON s.k = e.k AND s.account = e.account
WHERE e.number > :after AND e.number <= :last AND e.standing = 'proven' AND e.account <> 0 AND s.domain <> ''
  AND (e.kind IN ('restore', 'withdrawal', 'rejudged', 'understood', 'incident_open', 'incident_close')
    OR e.kind = 'bounce' AND e.reason IN (SELECT value FROM json_each(:dead)))
ORDER BY s.address;

-- name: stops
SELECT hash, since, lifted_at, revision FROM platform_stops WHERE hash = ?;

-- name: newest
SELECT coalesce(max(revision), 0) FROM platform_stops;

-- name: keep
INSERT INTO platform_stops (hash, since, lifted_at, revision) VALUES (?, ?, ?, ?)
ON CONFLICT (hash) DO UPDATE
SET since = excluded.since, lifted_at = excluded.lifted_at, revision = excluded.revision;

-- name: set_place
INSERT INTO platform_place (one, terms, record, event) VALUES (1, ?, ?, ?)
ON CONFLICT (one) DO UPDATE
SET terms = excluded.terms, record = excluded.record, event = excluded.event;

-- name: place
SELECT terms, record, event FROM platform_place;

-- name: changed
SELECT hash, since, lifted_at, revision FROM platform_stops WHERE revision > ? ORDER BY revision LIMIT ?;
