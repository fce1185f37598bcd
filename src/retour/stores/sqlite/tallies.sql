-- name: make_told
CREATE TEMP TABLE IF NOT EXISTS told_now (id INTEGER PRIMARY KEY, day INTEGER NOT NULL, place INTEGER NOT NULL);

-- name: clear_told
DELETE FROM temp.told_now;

-- name: tell
INSERT OR IGNORE INTO temp.told_now (id, day, place) VALUES (?, ?, ?);

-- name: fresh
-- A day apart: two sources may tell of one delivery on either side of midnight.
SELECT n.place FROM temp.told_now AS n
WHERE NOT EXISTS (SELECT 1 FROM tallied AS t WHERE t.day IN (n.day - 1, n.day, n.day + 1) AND t.id = n.id);

-- name: remember
INSERT OR IGNORE INTO tallied (day, id) SELECT day, id FROM temp.told_now ORDER BY day, id;

-- name: add
UPDATE tallies SET count = count + :count
WHERE account = :account AND day = :day AND kind = :kind AND domain = :domain AND campaign = :campaign;

-- name: begin
INSERT INTO tallies (account, day, kind, domain, campaign, count)
VALUES (:account, :day, :kind, :domain, :campaign, :count);

-- name: rows_of_day
SELECT count(*) FROM tallies WHERE account = ? AND day = ?;

-- name: of
SELECT day, kind, domain, campaign, count FROM tallies
WHERE account = ? AND day BETWEEN ? AND ? ORDER BY day, kind, domain, campaign;

-- name: forget
DELETE FROM tallied WHERE day < ?;

-- name: expire
DELETE FROM tallies WHERE day < ?;
