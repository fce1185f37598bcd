-- name: keys
-- Of listed bounces, hour by hour as the list looks at them.
SELECT e.k FROM (
  SELECT hour FROM hours
  WHERE account = :account AND hour BETWEEN :first AND :last
    AND label IN (SELECT value FROM json_each(:labels))
  GROUP BY hour
) AS h CROSS JOIN events AS e INDEXED BY listed_by_time
WHERE e.account = :account AND e.label IS NOT NULL
  AND e.at >= max(h.hour * :size, :since) AND e.at < min((h.hour + 1) * :size, :until)
  AND e.label IN (SELECT value FROM json_each(:labels))
  AND (:domains IS NULL OR EXISTS (
    SELECT 1 FROM states AS s WHERE s.k = e.k AND s.account = e.account
      AND s.domain IN (SELECT value FROM json_each(:domains))))
  AND (:corrected IS NULL OR :corrected = EXISTS (
    SELECT 1 FROM corrections AS c WHERE c.old_k = e.k AND c.account = e.account AND c.withdrawn IS NULL));
