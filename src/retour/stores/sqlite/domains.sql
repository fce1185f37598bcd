-- name: one
SELECT name, state, source, checked_at, expires_at, runs, hosts FROM domain WHERE name = ?;

-- name: keep
INSERT INTO domain (name, state, source, checked_at, expires_at, runs, hosts) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET
    state = excluded.state, source = excluded.source, checked_at = excluded.checked_at,
    expires_at = excluded.expires_at, runs = excluded.runs, hosts = excluded.hosts;
