-- name: accounts
SELECT name, number, return_domain FROM accounts ORDER BY number;

-- name: add_account
INSERT INTO accounts (name, return_domain, created_at) VALUES (?, ?, ?) RETURNING number;

-- name: number
SELECT number FROM accounts WHERE name = ?;

-- name: add_key
INSERT INTO api_keys (id, digest, account, role, created_at, name) VALUES (?, ?, ?, ?, ?, ?);

-- name: keys
SELECT id, account, role FROM api_keys WHERE revoked_at IS NULL ORDER BY created_at, id;

-- name: keys_of
SELECT id, role, name, created_at, used_at FROM api_keys
WHERE account = ? AND revoked_at IS NULL ORDER BY created_at, id;

-- name: key_used
UPDATE api_keys SET used_at = ? WHERE id = ?;

-- name: key
SELECT id, account, role FROM api_keys WHERE digest = ? AND revoked_at IS NULL;

-- name: revoke_key
UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL;

-- name: policies
SELECT number, at, policy, author FROM policies WHERE account = ? ORDER BY number;

-- name: newest_policy
SELECT max(number) FROM policies WHERE account = ?;

-- name: add_policy
INSERT INTO policies (account, number, at, author, policy) VALUES (?, ?, ?, ?, ?);
