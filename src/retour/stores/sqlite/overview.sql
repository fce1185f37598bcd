-- name: sends
SELECT id, campaign, kind FROM sends WHERE id IN (SELECT value FROM json_each(?));

-- name: label
SELECT account, status, type, reason, campaign, mail_kind FROM labels WHERE number = ?;

-- name: number
SELECT number FROM labels
WHERE account = ? AND status = ? AND type IS ? AND reason IS ? AND campaign IS ? AND mail_kind IS ?;

-- name: add_label
INSERT INTO labels (account, status, type, reason, campaign, mail_kind) VALUES (?, ?, ?, ?, ?, ?)
RETURNING number;

-- name: add_hour
INSERT OR IGNORE INTO hours (account, hour, label) VALUES (?, ?, ?);

-- name: labels
SELECT number, type FROM labels
WHERE account = :account
  AND (:campaign IS NULL OR campaign = :campaign)
  AND (:status IS NULL OR status = :status)
  AND (:type IS NULL OR type = :type)
  AND (:reason IS NULL OR reason = :reason)
  AND (:mail_kind IS NULL OR mail_kind = :mail_kind);

-- name: hours
SELECT hour FROM hours
WHERE account = :account AND hour BETWEEN :first AND :last
  AND label IN (SELECT value FROM json_each(:labels))
GROUP BY hour ORDER BY hour DESC;

-- name: listed
SELECT e.k, e.at, e.number, e.send, e.label
FROM events AS e INDEXED BY listed_by_time
WHERE e.account = :account AND e.label IS NOT NULL AND e.at >= :first AND e.at < :last
  AND (e.at, e.number) < (:before, :number) AND e.number <= :newest
  AND e.label IN (SELECT value FROM json_each(:labels))
  AND (:domains IS NULL OR EXISTS (
    SELECT 1 FROM states AS s WHERE s.k = e.k AND s.account = e.account
      AND s.domain IN (SELECT value FROM json_each(:domains))))
ORDER BY e.at DESC, e.number DESC;

-- name: keys_of_domains
SELECT k FROM states WHERE account = ? AND domain IN (SELECT value FROM json_each(?)) LIMIT ?;
