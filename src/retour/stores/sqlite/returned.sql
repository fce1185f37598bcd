-- name: of_address
SELECT number, at, policy, delivered, bounced FROM returned WHERE account = ? AND k = ? ORDER BY number;

-- name: any
SELECT 1 FROM returned WHERE account = ? LIMIT 1;

-- name: put
INSERT INTO returned (account, k, number, at, policy, delivered, bounced) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, k, number) DO UPDATE SET delivered = excluded.delivered, bounced = excluded.bounced;

-- name: count
INSERT INTO effects (account, policy, day, what, count) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, policy, day, what) DO UPDATE SET count = count + excluded.count;

-- name: drop
DELETE FROM returned WHERE account = ? AND k = ?;

-- name: effects
SELECT policy, day, what, count FROM effects WHERE account = ? AND count > 0;

-- name: made
SELECT 1 FROM effects_made;

-- name: set_made
INSERT INTO effects_made VALUES (1);

-- name: in_ledger
SELECT account, k, number, at, policy FROM records
WHERE actor = ? AND before = 'invalid' AND after IN ('valid', 'bouncing') ORDER BY k, account, number;
