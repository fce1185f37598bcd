-- name: make_findings
CREATE TABLE findings (
  place TEXT NOT NULL, move TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
  reason TEXT NOT NULL, provider TEXT NOT NULL, active TEXT NOT NULL, at INTEGER
) STRICT;

-- name: make_judgements
CREATE TABLE judgements (
  place TEXT NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, rule TEXT NOT NULL
) STRICT;

-- name: make_understood
CREATE TABLE IF NOT EXISTS understood (
  place TEXT NOT NULL, id BLOB NOT NULL, arrival BLOB NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
  status TEXT, send INTEGER, handed_over INTEGER, rule TEXT NOT NULL
) STRICT;

-- name: add_finding
INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: add_judgement
INSERT INTO judgements VALUES (?, ?, ?, ?, ?);

-- name: add_understood
INSERT INTO understood VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: order_understood
CREATE INDEX IF NOT EXISTS understood_of_place ON understood (place);

-- name: order_arrivals
CREATE INDEX IF NOT EXISTS understood_of_arrival ON understood (arrival);

-- name: order_judgements
CREATE INDEX IF NOT EXISTS judgements_of_place ON judgements (place);

-- name: order_findings
CREATE TABLE ordered AS SELECT * FROM findings ORDER BY place;

-- name: drop_unordered
DROP TABLE findings;

-- name: index_moves
CREATE INDEX ordered_moves ON ordered (move);

-- name: page
SELECT rowid, place, move, before, after, reason, provider, active, at FROM ordered
WHERE rowid > ? ORDER BY rowid LIMIT ?;

-- name: page_of_move
SELECT rowid, place, move, before, after, reason, provider, active, at FROM ordered
WHERE move = ? AND rowid > ? ORDER BY rowid LIMIT ?;

-- name: places
-- Each by its index, as far as it may be needed: a union of all would be made anew for each page.
SELECT place FROM (
  SELECT DISTINCT place FROM judgements WHERE place > :after ORDER BY place LIMIT :limit
) UNION SELECT place FROM (
  SELECT DISTINCT place FROM understood WHERE place > :after ORDER BY place LIMIT :limit
) ORDER BY place LIMIT :limit;

-- name: judgements
SELECT place, id, kind, reason, rule FROM judgements
WHERE place IN (SELECT value FROM json_each(?)) ORDER BY place, id;

-- name: understood
SELECT place, id, arrival, at, reason, status, send, handed_over, rule FROM understood
WHERE place IN (SELECT value FROM json_each(?)) ORDER BY place, id;

-- name: arrivals
SELECT DISTINCT arrival FROM understood WHERE arrival > ? ORDER BY arrival LIMIT ?;

-- name: understood_of
SELECT place, id, arrival, at, reason, status, send, handed_over, rule FROM understood
WHERE arrival = ? ORDER BY id;
