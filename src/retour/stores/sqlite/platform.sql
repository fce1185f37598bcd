-- name: holders
SELECT account FROM states WHERE k = ? ORDER BY account;

-- name: stops
SELECT hash, since, lifted_at, revision FROM platform_stops WHERE hash = ?;

-- name: newest
SELECT coalesce(max(revision), 0) FROM platform_stops;

-- name: keep
INSERT INTO platform_stops (hash, since, lifted_at, revision) VALUES (?, ?, ?, ?)
ON CONFLICT (hash) DO UPDATE
SET since = excluded.since, lifted_at = excluded.lifted_at, revision = excluded.revision;

-- name: set_place
INSERT INTO platform_place (one, terms, record) VALUES (1, ?, ?)
ON CONFLICT (one) DO UPDATE SET terms = excluded.terms, record = excluded.record;

-- name: place
SELECT terms, record FROM platform_place;

-- name: changed
SELECT hash, since, lifted_at, revision FROM platform_stops WHERE revision > ? ORDER BY revision LIMIT ?;
