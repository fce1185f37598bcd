-- name: begin
CREATE TEMP TABLE counted (account INTEGER, day INTEGER, domain TEXT, label INTEGER, count INTEGER);

-- name: listed
-- The plus keeps it from the index of listed bounces, which has no key: each would be looked up in the table.
SELECT k, account, at / ?, label FROM events WHERE +label IS NOT NULL ORDER BY k, account;

-- name: states
SELECT k, account, domain, state FROM states ORDER BY k, account;

-- name: add
INSERT INTO counted VALUES (?, ?, ?, ?, ?);

-- name: make_campaigns
INSERT INTO listed_days (account, of, day, name, type, reason, count)
WITH summed AS (
  SELECT c.account, c.day / :days AS day, coalesce(l.campaign, '') AS name,
    coalesce(l.type, '') AS type, coalesce(l.reason, '') AS reason, sum(c.count) AS count
  FROM counted AS c CROSS JOIN labels AS l ON l.number = c.label GROUP BY 1, 2, 3, 4, 5
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY account, day ORDER BY count DESC) AS place FROM summed
)
SELECT account, :of, day, iif(place > :most, '', name), type, reason, sum(count)
FROM placed GROUP BY 1, 2, 3, 4, 5, 6;

-- name: make_domains
INSERT INTO listed_days (account, of, day, name, type, reason, count)
WITH summed AS (
  SELECT c.account, c.day / :days AS day, c.domain AS name,
    coalesce(l.type, '') AS type, coalesce(l.reason, '') AS reason, sum(c.count) AS count
  FROM counted AS c CROSS JOIN labels AS l ON l.number = c.label
  WHERE c.domain IS NOT NULL GROUP BY 1, 2, 3, 4, 5
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY account, day ORDER BY count DESC) AS place FROM summed
)
SELECT account, :of, day, iif(place > :most AND provider_of(name) = '', '', name), type, reason, sum(count)
FROM placed GROUP BY 1, 2, 3, 4, 5, 6;

-- name: end
DROP TABLE counted;
