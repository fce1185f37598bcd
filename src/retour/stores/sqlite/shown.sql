-- name: terms
SELECT terms FROM shown_terms;

-- name: set_terms
INSERT INTO shown_terms VALUES (?);

-- name: drop_terms
DELETE FROM shown_terms;

-- name: any_event
SELECT 1 FROM events LIMIT 1;

-- name: clear_shown
DELETE FROM shown;

-- name: clear_listed
DELETE FROM listed_days;

-- name: make_shown
INSERT INTO shown (account, campaign, provider, state, marks, count)
WITH marked AS (
  SELECT DISTINCT e.account, e.k, '' AS campaign,
    coalesce(l.type, '') || ' ' || coalesce(l.reason, '') || ' ' || coalesce(l.mail_kind, '') AS mark
  FROM events AS e CROSS JOIN labels AS l ON l.number = e.label WHERE e.label IS NOT NULL
  UNION
  SELECT e.account, e.k, l.campaign,
    coalesce(l.type, '') || ' ' || coalesce(l.reason, '') || ' ' || coalesce(l.mail_kind, '')
  FROM events AS e CROSS JOIN labels AS l ON l.number = e.label
  WHERE e.label IS NOT NULL AND l.campaign <> ''
), alike AS (
  SELECT account, k, campaign, group_concat(mark) AS marks
  FROM (SELECT * FROM marked ORDER BY account, k, campaign, mark) GROUP BY account, k, campaign
)
SELECT s.account, a.campaign, provider_of(s.domain), s.state, a.marks, count(*)
FROM alike AS a CROSS JOIN states AS s ON s.k = a.k AND s.account = a.account
GROUP BY 1, 2, 3, 4, 5;

-- name: make_campaigns
INSERT INTO listed_days (account, of, day, name, type, reason, count)
WITH counted AS (
  SELECT e.account, e.at / :day AS day, coalesce(l.campaign, '') AS name,
    coalesce(l.type, '') AS type, coalesce(l.reason, '') AS reason, count(*) AS count
  FROM events AS e CROSS JOIN labels AS l ON l.number = e.label
  WHERE e.label IS NOT NULL GROUP BY 1, 2, 3, 4, 5
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY account, day ORDER BY count DESC) AS place FROM counted
)
SELECT account, :of, day, iif(place > :most, '', name), type, reason, sum(count)
FROM placed GROUP BY 1, 2, 3, 4, 5, 6;

-- name: make_domains
INSERT INTO listed_days (account, of, day, name, type, reason, count)
WITH counted AS (
  SELECT e.account, e.at / :day AS day, s.domain AS name,
    coalesce(l.type, '') AS type, coalesce(l.reason, '') AS reason, count(*) AS count
  FROM events AS e CROSS JOIN labels AS l ON l.number = e.label
  CROSS JOIN states AS s ON s.k = e.k AND s.account = e.account
  WHERE e.label IS NOT NULL GROUP BY 1, 2, 3, 4, 5
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY account, day ORDER BY count DESC) AS place FROM counted
)
SELECT account, :of, day, iif(place > :most AND provider_of(name) = '', '', name), type, reason, sum(count)
FROM placed GROUP BY 1, 2, 3, 4, 5, 6;

-- name: count_shown
INSERT INTO shown (account, campaign, provider, state, marks, count) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, campaign, provider, state, marks) DO UPDATE SET count = count + excluded.count;

-- name: drop_shown
DELETE FROM shown
WHERE account = ? AND campaign = ? AND provider = ? AND state = ? AND marks = ? AND count <= 0;

-- name: has_listed
SELECT 1 FROM listed_days
WHERE account = ? AND of = ? AND day = ? AND name = ? AND type = ? AND reason = ?;

-- name: listed_of_day
SELECT name, type, reason FROM listed_days WHERE account = ? AND of = ? AND day = ?;

-- name: begin_listed
INSERT INTO listed_days (count, account, of, day, name, type, reason) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, of, day, name, type, reason) DO UPDATE SET count = count + excluded.count;

-- name: rows_of_day
SELECT count(*) FROM listed_days WHERE account = ? AND of = ? AND day = ?;

-- name: carry_listed
-- What a row owes was counted under none, when there was no room for it.
INSERT INTO listed_days (account, of, day, name, type, reason, count)
SELECT account, of, day, '', type, reason, count FROM listed_days
WHERE account = ? AND of = ? AND day = ? AND name = ? AND type = ? AND reason = ? AND count < 0 AND name <> ''
ON CONFLICT (account, of, day, name, type, reason) DO UPDATE SET count = count + excluded.count;

-- name: drop_listed
DELETE FROM listed_days
WHERE account = ? AND of = ? AND day = ? AND name = ? AND type = ? AND reason = ? AND count <= 0;

-- name: shown
SELECT provider, state, marks, count FROM shown WHERE account = ? AND campaign = ? AND count > 0;

-- name: emails
SELECT campaign, sum(count) FROM shown WHERE account = ? AND campaign > '' GROUP BY campaign HAVING sum(count) > 0
ORDER BY 2 DESC, 1 LIMIT ?;

-- name: listed
-- Whole blocks of days, and the days before and after them.
SELECT name, type, reason, sum(count) FROM (
  SELECT name, type, reason, count FROM listed_days
  WHERE account = :account AND of = :of AND day BETWEEN :first AND :head
  UNION ALL
  SELECT name, type, reason, count FROM listed_days
  WHERE account = :account AND of = :ofs AND day BETWEEN :begin AND :end
  UNION ALL
  SELECT name, type, reason, count FROM listed_days
  WHERE account = :account AND of = :of AND day BETWEEN :tail AND :last
) GROUP BY name, type, reason HAVING sum(count) > 0;
