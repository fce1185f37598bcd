-- name: make
CREATE TEMP TABLE whom (k BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

-- name: listed
-- Listed bounces, hour by hour as the list looks at them.
INSERT OR IGNORE INTO whom
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
      AND s.domain IN (SELECT value FROM json_each(:domains))));

-- name: of_day
-- Bounces of a question, listed or not.
INSERT OR IGNORE INTO whom
SELECT e.k FROM bounced AS b CROSS JOIN events AS e ON e.number = b.number
WHERE b.account = :account AND b.day = :day AND b.facet IN (SELECT value FROM json_each(:facets))
  AND (:domains IS NULL OR b.domain IN (SELECT value FROM json_each(:domains)) OR b.domain IS NULL AND EXISTS (
    SELECT 1 FROM states AS s WHERE s.k = e.k AND s.account = e.account
      AND s.domain IN (SELECT value FROM json_each(:domains))));

-- name: addresses
SELECT s.address FROM whom AS w CROSS JOIN states AS s ON s.k = w.k AND s.account = :account;
