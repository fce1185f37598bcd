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
