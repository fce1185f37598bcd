-- name: make_findings
CREATE TABLE findings (
  place TEXT NOT NULL, move TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
  reason TEXT NOT NULL, provider TEXT NOT NULL, active TEXT NOT NULL, at INTEGER
) STRICT;

-- name: make_judgements
CREATE TABLE judgements (
  place TEXT NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, rule TEXT NOT NULL
) STRICT;

-- name: add_finding
INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: add_judgement
INSERT INTO judgements VALUES (?, ?, ?, ?, ?);

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
SELECT DISTINCT place FROM judgements WHERE place > ? ORDER BY place LIMIT ?;

-- name: judgements
SELECT place, id, kind, reason, rule FROM judgements
WHERE place IN (SELECT value FROM json_each(?)) ORDER BY place, id;
