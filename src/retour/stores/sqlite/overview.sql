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
  AND (:status IS NULL OR status = :status OR (:status = 'valid' AND status = 'held'))
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
  AND (:corrected IS NULL OR :corrected = EXISTS (
    SELECT 1 FROM corrections AS c WHERE c.old_k = e.k AND c.account = e.account AND c.withdrawn IS NULL))
ORDER BY e.at DESC, e.number DESC;

-- name: keys_of_domains
SELECT k FROM states WHERE account = ? AND domain IN (SELECT value FROM json_each(?)) LIMIT ?;

-- name: keys_corrected
SELECT c.old_k FROM corrections AS c INDEXED BY corrections_of_account
WHERE c.account = :account AND c.withdrawn IS NULL
  AND (:domains IS NULL OR EXISTS (
    SELECT 1 FROM states AS s WHERE s.k = c.old_k AND s.account = c.account
      AND s.domain IN (SELECT value FROM json_each(:domains))))
LIMIT :most;

-- name: is_corrected
SELECT EXISTS (SELECT 1 FROM corrections WHERE old_k = ? AND account = ? AND withdrawn IS NULL);

-- name: listed_after
SELECT number, at FROM events NOT INDEXED WHERE number > :rolled AND account = :account AND label IS NOT NULL;

-- name: days_of_domains
SELECT day FROM bounced_domains
WHERE account = :account AND domain IN (SELECT value FROM json_each(:domains))
UNION ALL
SELECT at / :day FROM events INDEXED BY listed_retold
WHERE account = :account AND label IS NOT NULL AND (kind <> 'bounce' OR standing <> 'proven')
LIMIT :most;

-- name: numbers_of_domains
-- A row of before domains stood here has none.
SELECT number FROM bounced
WHERE account = :account AND day = :day
  AND (domain IS NULL OR domain IN (SELECT value FROM json_each(:domains)))
UNION ALL
SELECT number FROM events INDEXED BY listed_retold
WHERE account = :account AND at >= :first AND at < :last
  AND label IS NOT NULL AND (kind <> 'bounce' OR standing <> 'proven')
LIMIT :most;

-- name: listed_numbers
SELECT number FROM events INDEXED BY listed_by_time
WHERE account = :account AND label IS NOT NULL AND at >= :first AND at < :last
  AND (at, number) < (:before, :number) AND number <= :newest
  AND label IN (SELECT value FROM json_each(:labels))
ORDER BY at DESC, number DESC;

-- name: listed_among
SELECT e.k, e.at, e.number, e.send, e.label
FROM json_each(:numbers) AS t CROSS JOIN events AS e ON e.number = t.value
WHERE e.account = :account AND e.at >= :first AND e.at < :last
  AND (e.at, e.number) < (:before, :number) AND e.number <= :newest
  AND e.label IN (SELECT value FROM json_each(:labels))
  AND EXISTS (
    SELECT 1 FROM states AS s WHERE s.k = e.k AND s.account = e.account
      AND s.domain IN (SELECT value FROM json_each(:domains)))
  AND (:corrected IS NULL OR :corrected = EXISTS (
    SELECT 1 FROM corrections AS c WHERE c.old_k = e.k AND c.account = e.account AND c.withdrawn IS NULL))
ORDER BY e.at DESC, e.number DESC;
