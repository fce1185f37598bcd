-- name: read_to
SELECT number FROM softened_to;

-- name: set_read_to
UPDATE softened_to SET number = ?;

-- name: bounces
SELECT e.account, e.k, e.at, e.reason, l.type
FROM events AS e LEFT JOIN labels AS l ON l.number = e.label
WHERE e.number > ? AND e.number <= ? AND e.kind = 'bounce' AND e.standing = 'proven'
  AND e.account > 0 AND e.reason IS NOT NULL ORDER BY e.number;

-- name: is_followed
SELECT 1 FROM softened WHERE account = ? AND k = ?;

-- name: begin
INSERT INTO softened (account, k, at, reason, days, due) VALUES (?, ?, ?, ?, 0, ?);

-- name: due
SELECT account, k, at, reason, days FROM softened WHERE due <= ? ORDER BY due LIMIT ?;

-- name: put_off
UPDATE softened SET days = ?, due = ? WHERE account = ? AND k = ?;

-- name: drop
DELETE FROM softened WHERE account = ? AND k = ?;

-- name: count
INSERT INTO lasted (account, month, reason, what, days, count) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, month, reason, what, days) DO UPDATE SET count = count + excluded.count;

-- name: of
SELECT month, reason, what, days, count FROM lasted WHERE account = ? AND month BETWEEN ? AND ? AND count > 0
ORDER BY month, reason, what, days;
