-- name: same
SELECT number FROM requests WHERE id = ?;

-- name: add
INSERT INTO requests (id, account, kind, domain, done, at, by, status, settled)
VALUES (?, ?, ?, ?, ?, ?, ?, 'open', 0) RETURNING number;

-- name: add_target
INSERT INTO request_targets (account, domain, address, request, place) VALUES (?, ?, ?, ?, ?);

-- name: open_for_address
SELECT r.id FROM request_targets AS t CROSS JOIN requests AS r ON r.number = t.request
WHERE t.account = ? AND t.domain = ? AND t.address IN ('', ?) AND t.place >= 0 AND r.status = 'open' LIMIT 1;

-- name: open_in_domain
SELECT r.id FROM request_targets AS t CROSS JOIN requests AS r ON r.number = t.request
WHERE t.account = ? AND t.domain = ? AND t.place >= 0 AND r.status = 'open' LIMIT 1;

-- name: end
UPDATE requests SET status = :status, ended_at = :at, ended_by = :by, approved = :approved, reason = :reason,
  for_all = :for_all, settled = 0
WHERE id = :id AND status = 'open' RETURNING number, account;

-- name: rule_apart
INSERT INTO request_targets (account, domain, address, request, place, approved, reason)
VALUES (?, ?, ?, ?, -1, ?, ?)
ON CONFLICT (account, domain, address, request) DO UPDATE
SET approved = excluded.approved, reason = excluded.reason;

-- name: one
SELECT number, id, account, kind, domain, done, at, by, status, ended_at, ended_by, approved, reason,
  for_all
FROM requests WHERE id = ?;

-- name: targets
SELECT request, place, address, approved, reason FROM request_targets
WHERE request IN (SELECT value FROM json_each(?)) AND address <> '' ORDER BY request, place;

-- name: oldest_first
SELECT number, id, account, kind, domain, done, at, by, status, ended_at, ended_by, approved, reason,
  for_all
FROM requests AS r
WHERE number > coalesce(:after, 0)
  AND (:account IS NULL OR account = :account) AND (:status IS NULL OR status = :status)
  AND (:kind IS NULL OR kind = :kind) AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
  AND (:address IS NULL OR EXISTS (SELECT 1 FROM request_targets AS t WHERE t.account = r.account
    AND t.domain = :address_domain AND t.address IN ('', :address) AND t.request = r.number))
ORDER BY number LIMIT :limit;

-- name: latest_first
SELECT number, id, account, kind, domain, done, at, by, status, ended_at, ended_by, approved, reason,
  for_all
FROM requests AS r
WHERE number < coalesce(:after, 9223372036854775807)
  AND (:account IS NULL OR account = :account) AND (:status IS NULL OR status = :status)
  AND (:kind IS NULL OR kind = :kind) AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
  AND (:address IS NULL OR EXISTS (SELECT 1 FROM request_targets AS t WHERE t.account = r.account
    AND t.domain = :address_domain AND t.address IN ('', :address) AND t.request = r.number))
ORDER BY number DESC LIMIT :limit;

-- name: unsettled
SELECT number, id, account, kind, domain, done, at, by, status, ended_at, ended_by, approved, reason,
  for_all
FROM requests WHERE settled = 0 ORDER BY number LIMIT ?;

-- name: settle
UPDATE requests SET settled = 1 WHERE id = ? AND status = ?;
