-- name: begin
INSERT OR IGNORE INTO answers (scope, key, request, at) VALUES (:scope, :key, :request, :now);

-- name: known
SELECT request, status, headers, body FROM answers WHERE scope = :scope AND key = :key;

-- name: keep
UPDATE answers SET status = :status, headers = :headers, body = :body WHERE scope = :scope AND key = :key;

-- name: forget
DELETE FROM answers WHERE scope = ? AND key = ?;

-- name: expire
DELETE FROM answers WHERE at < ?;

-- name: interrupted
DELETE FROM answers WHERE status IS NULL;
