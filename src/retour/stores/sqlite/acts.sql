-- name: add
INSERT OR IGNORE INTO acts (id, record) VALUES (?, ?);
