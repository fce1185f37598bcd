-- name: note
INSERT INTO engagements (account, k, opened, clicked, replied, logged_in) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, k) DO UPDATE SET
  opened = max(coalesce(opened, excluded.opened), coalesce(excluded.opened, opened)),
  clicked = max(coalesce(clicked, excluded.clicked), coalesce(excluded.clicked, clicked)),
  replied = max(coalesce(replied, excluded.replied), coalesce(excluded.replied, replied)),
  logged_in = max(coalesce(logged_in, excluded.logged_in), coalesce(excluded.logged_in, logged_in))
WHERE excluded.opened > coalesce(opened, -1) OR excluded.clicked > coalesce(clicked, -1)
  OR excluded.replied > coalesce(replied, -1) OR excluded.logged_in > coalesce(logged_in, -1);

-- name: of
SELECT e.k, e.opened, e.clicked, e.replied, e.logged_in FROM json_each(:places) AS n
CROSS JOIN engagements AS e ON e.account = :account AND e.k = substr(:keys, n.value, 16);

-- name: page
SELECT e.k, s.address, e.opened, e.clicked, e.replied, e.logged_in
FROM engagements AS e LEFT JOIN states AS s ON s.k = e.k AND s.account = e.account
WHERE e.account = :account AND e.k > :k ORDER BY e.k LIMIT :limit;

-- name: look
SELECT e.account, e.k, s.k IS NOT NULL,
  max(coalesce(e.opened, 0), coalesce(e.clicked, 0), coalesce(e.replied, 0), coalesce(e.logged_in, 0))
FROM engagements AS e LEFT JOIN states AS s ON s.k = e.k AND s.account = e.account
WHERE (e.account, e.k) > (:account, :k) ORDER BY e.account, e.k LIMIT :limit;

-- name: forget
DELETE FROM engagements WHERE account = ? AND k = ?;
