-- name: begin
INSERT INTO imports (id, account, at, actor, form, dry, counts) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: number
SELECT number, dry FROM imports WHERE id = ?;

-- name: fresh
INSERT OR IGNORE INTO imported (import, address, kind) VALUES (?, ?, ?);

-- name: stopped
UPDATE imported SET event = ? WHERE import = ? AND address = ? AND kind = ?;

-- name: end
UPDATE imports SET counts = ?, ended = 1 WHERE number = ?;

-- name: drop_unchanged
DELETE FROM imported WHERE import = ? AND event IS NULL;

-- name: drop_rows
DELETE FROM imported WHERE import = ?;

-- name: drop
DELETE FROM imports WHERE number = ?;

-- name: left_dry
SELECT number FROM imports WHERE dry = 1;

-- name: listed
SELECT id, account, at, actor, form, counts, undone_at FROM imports
WHERE account = :account AND dry = 0
  AND (:after IS NULL OR number < (SELECT number FROM imports WHERE id = :after AND account = :account))
ORDER BY number DESC LIMIT :limit;

-- name: one
SELECT id, account, at, actor, form, counts, undone_at FROM imports
WHERE account = ? AND id = ? AND dry = 0;

-- name: brought
SELECT address, kind, event FROM imported
WHERE import = :number AND event IS NOT NULL AND (address, kind) > (:address, :kind)
ORDER BY address, kind LIMIT :limit;

-- name: undone
UPDATE imports SET undone_at = ? WHERE id = ?;
