-- name: unlink
UPDATE corrections SET digest = NULL WHERE new_k = ? AND account = ? AND digest IS NOT NULL;

-- name: add
INSERT INTO corrections (id, account, old_k, new_k, old, new, at, actor, reason, expires, digest)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET digest = excluded.digest
WHERE expires IS NOT NULL AND confirmed IS NULL AND withdrawn IS NULL;

-- name: linked
SELECT id, account, old, new, at, actor, reason, expires, confirmed, withdrawn, digest IS NOT NULL
FROM corrections WHERE digest = ? AND expires > ?;

-- name: confirm
UPDATE corrections SET confirmed = ?
WHERE new_k = ? AND account = ? AND expires IS NOT NULL AND confirmed IS NULL AND withdrawn IS NULL;

-- name: withdraw
UPDATE corrections SET withdrawn = coalesce(withdrawn, ?), digest = NULL WHERE id = ? AND account = ?;

-- name: named
SELECT id, account, old, new, at, actor, reason, expires, confirmed, withdrawn, digest IS NOT NULL
FROM corrections WHERE id = ? AND account = ?;

-- name: of
SELECT id, account, old, new, at, actor, reason, expires, confirmed, withdrawn, digest IS NOT NULL
FROM corrections WHERE account = :account AND number IN (
  SELECT number FROM corrections WHERE old_k = :k AND account = :account
  UNION SELECT number FROM corrections WHERE new_k = :k AND account = :account
) ORDER BY number DESC;

-- name: page
SELECT id, account, old, new, at, actor, reason, expires, confirmed, withdrawn, digest IS NOT NULL
FROM corrections WHERE account = :account
  AND (:before IS NULL OR number < (SELECT number FROM corrections WHERE id = :before AND account = :account))
ORDER BY number DESC LIMIT :limit;

-- name: forget
-- By the indexes of either address: with "or" all corrections of the account would be looked at.
DELETE FROM corrections WHERE number IN (
  SELECT number FROM corrections WHERE old_k = :k AND account = :account
  UNION ALL SELECT number FROM corrections WHERE new_k = :k AND account = :account);
