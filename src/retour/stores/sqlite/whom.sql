-- name: make
CREATE TEMP TABLE whom (k BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

-- name: of_day
-- Of bounces that a question means, listed or not.
SELECT e.k FROM bounced AS b CROSS JOIN events AS e ON e.number = b.number
WHERE b.account = :account AND b.day = :day AND b.facet IN (SELECT value FROM json_each(:facets))
  AND (:domains IS NULL OR b.domain IN (SELECT value FROM json_each(:domains)) OR b.domain IS NULL AND EXISTS (
    SELECT 1 FROM states AS s WHERE s.k = e.k AND s.account = e.account
      AND s.domain IN (SELECT value FROM json_each(:domains))));

-- name: addresses
SELECT s.address FROM whom AS w CROSS JOIN states AS s ON s.k = w.k AND s.account = :account;
