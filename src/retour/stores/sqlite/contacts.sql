-- name: known
SELECT number FROM contacts WHERE account = ? AND address = ?;

-- name: set
INSERT INTO contacts (account, address, name, attributes, made_at, changed_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, address) DO UPDATE SET
  name = excluded.name, attributes = excluded.attributes, changed_at = excluded.changed_at
RETURNING number;

-- name: make
INSERT INTO contacts (account, address, name, attributes, made_at, changed_at) VALUES (?, ?, '', '{}', ?, ?)
RETURNING number;

-- name: list
SELECT number FROM contact_lists WHERE account = ? AND id = ? AND dropped_at IS NULL;

-- name: put_on
INSERT OR IGNORE INTO contact_places (list, contact) VALUES (?, ?);

-- name: take_off
DELETE FROM contact_places
WHERE list = ? AND contact = (SELECT number FROM contacts WHERE account = ? AND address = ?);

-- name: take_off_all
DELETE FROM contact_places WHERE contact = (SELECT number FROM contacts WHERE account = ? AND address = ?);

-- name: remove
DELETE FROM contacts WHERE account = ? AND address = ?;

-- name: one
SELECT address, name, attributes, made_at, changed_at FROM contacts WHERE account = ? AND address = ?;

-- name: some
SELECT c.address, c.name, c.attributes, c.made_at, c.changed_at
FROM json_each(?1) AS a CROSS JOIN contacts AS c ON c.account = ?2 AND c.address = a.value;

-- name: on
SELECT c.address
FROM contact_lists AS l CROSS JOIN json_each(?1) AS a
CROSS JOIN contacts AS c ON c.account = l.account AND c.address = a.value
CROSS JOIN contact_places AS p ON p.contact = c.number AND p.list = l.number
WHERE l.account = ?2 AND l.id = ?3 AND l.dropped_at IS NULL;

-- name: at
SELECT address, name, attributes, made_at, changed_at FROM contacts
WHERE account = ? AND substr(address, instr(address, '@') + 1) = ? ORDER BY name = '', number LIMIT ?;

-- name: page
SELECT address, name, attributes, made_at, changed_at FROM contacts
WHERE account = :account AND address > :after AND (:search = '' OR substr(address, 1, length(:search)) = :search)
ORDER BY address LIMIT :limit;

-- name: page_of_list
SELECT c.address, c.name, c.attributes, c.made_at, c.changed_at
FROM contacts AS c
WHERE c.account = :account AND c.address > :after
  AND (:search = '' OR substr(c.address, 1, length(:search)) = :search)
  AND EXISTS (SELECT 1 FROM contact_places AS p WHERE p.list = :list AND p.contact = c.number)
ORDER BY c.address LIMIT :limit;

-- name: make_list
INSERT OR IGNORE INTO contact_lists (id, account, name, actor, made_at) VALUES (?, ?, ?, ?, ?);

-- name: rename
UPDATE OR IGNORE contact_lists SET name = ? WHERE account = ? AND id = ? AND dropped_at IS NULL;

-- name: lists
SELECT l.id, l.name, l.actor, l.made_at, (SELECT count(*) FROM contact_places AS p WHERE p.list = l.number)
FROM contact_lists AS l WHERE l.account = ? AND l.dropped_at IS NULL ORDER BY l.name;

-- name: lists_of
SELECT l.id, l.name, l.actor, l.made_at, (SELECT count(*) FROM contact_places AS q WHERE q.list = l.number)
FROM contacts AS c CROSS JOIN contact_places AS p ON p.contact = c.number
CROSS JOIN contact_lists AS l ON l.number = p.list
WHERE c.account = ? AND c.address = ? AND l.dropped_at IS NULL ORDER BY l.name;

-- name: on_any
SELECT 1
FROM contacts AS c CROSS JOIN contact_places AS p ON p.contact = c.number
CROSS JOIN contact_lists AS l ON l.number = p.list
WHERE c.account = ? AND c.address = ? AND l.dropped_at IS NULL LIMIT 1;

-- name: drop_list
-- The name is free for another from now on: an id is nobody's.
UPDATE contact_lists SET dropped_at = ?, dropped_name = name, name = id
WHERE account = ? AND id = ? AND dropped_at IS NULL;

-- name: dropped
SELECT id, dropped_name, actor, made_at, (SELECT count(*) FROM contact_places AS p WHERE p.list = l.number)
FROM contact_lists AS l WHERE account = ? AND id = ? AND dropped_at IS NOT NULL;

-- name: take_back
UPDATE OR IGNORE contact_lists SET name = dropped_name, dropped_at = NULL, dropped_name = NULL
WHERE account = ? AND id = ? AND dropped_at IS NOT NULL;

-- name: long_dropped
SELECT number FROM contact_lists WHERE dropped_at < ?;

-- name: empty_list
DELETE FROM contact_places WHERE list = ?;

-- name: forget_list
DELETE FROM contact_lists WHERE number = ?;
