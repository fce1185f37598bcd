-- name: add
INSERT INTO heard (source, account, first_at, last_at, arrivals, unparsed, last_unparsed_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, account) DO UPDATE SET
  first_at = min(first_at, excluded.first_at),
  last_at = max(last_at, excluded.last_at),
  arrivals = arrivals + excluded.arrivals,
  unparsed = unparsed + excluded.unparsed,
  last_unparsed_at = coalesce(max(last_unparsed_at, excluded.last_unparsed_at), excluded.last_unparsed_at,
    last_unparsed_at);

-- name: of
SELECT source, account, first_at, last_at, arrivals, unparsed, last_unparsed_at FROM heard
WHERE :account IS NULL OR account = :account ORDER BY source, account;

-- name: late
INSERT INTO lags (source, account, day, step, events) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, day, source, step) DO UPDATE SET events = events + excluded.events;

-- name: forget_late
DELETE FROM lags WHERE day < ?;

-- name: lags
SELECT source, account, day, step, events FROM lags
WHERE account = ? AND day BETWEEN ? AND ? ORDER BY day, source, step;
