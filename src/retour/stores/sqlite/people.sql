-- The tables are made by the console's own migrations, and their names and forms are Django's.

-- name: members
SELECT m.id, p.email, m.role, p.last_login,
  EXISTS (SELECT 1 FROM mfa_authenticator AS f WHERE f.user_id = p.id) AS second_factor
FROM people_membership AS m JOIN people_person AS p ON p.id = m.person_id
WHERE m.account = :account AND (:id IS NULL OR m.id = :id) AND (:role IS NULL OR m.role = :role)
  AND (:search IS NULL OR substr(lower(p.email), 1, length(:search)) = lower(:search))
  AND (:after IS NULL OR p.email > :after)
ORDER BY p.email LIMIT :limit;

-- name: managers_but
SELECT count(*) FROM people_membership WHERE account = ? AND role = 'manager' AND id <> ?;

-- name: set_role
UPDATE people_membership SET role = ? WHERE id = ?;

-- name: remove
DELETE FROM people_membership WHERE id = ?;

-- name: belongs
SELECT 1 FROM people_membership AS m JOIN people_person AS p ON p.id = m.person_id
WHERE m.account = ? AND lower(p.email) = lower(?);

-- name: invitations
SELECT id, email, role, by, made_at, ends_at FROM people_invitation
WHERE account = :account AND ends_at > :now AND (:id IS NULL OR id = :id) ORDER BY made_at DESC, id DESC;

-- name: invite
INSERT INTO people_invitation (account, email, role, by, digest, made_at, ends_at)
VALUES (:account, :email, :role, :by, :digest, :made_at, :ends_at);

-- name: uninvite
DELETE FROM people_invitation WHERE account = ? AND lower(email) = lower(?);

-- name: forget_ended
DELETE FROM people_invitation WHERE account = ? AND ends_at <= ?;

-- name: withdraw
DELETE FROM people_invitation WHERE id = ?;

-- name: note
INSERT INTO people_change (name, account, at, by, before, after) VALUES (?, ?, ?, ?, ?, ?);

-- name: standings
SELECT name, account, at, by, before, after FROM people_change ORDER BY id LIMIT 1000;

-- name: told
DELETE FROM people_change WHERE name = ?;

-- name: views
SELECT v.id, v.page, v.name, v.query, v.person_id IS NULL FROM looking_view AS v
LEFT JOIN people_person AS p ON p.id = v.person_id
WHERE v.account = :account AND (:page IS NULL OR v.page = :page) AND (:id IS NULL OR v.id = :id)
  AND (:name IS NULL OR v.name = :name)
  AND ((v.person_id IS NULL AND :shared) OR lower(p.email) = lower(:person))
ORDER BY v.page, v.name, v.id;

-- name: all_views
SELECT id, name, query FROM looking_view WHERE account = ?;

-- name: count_views
SELECT count(*) FROM looking_view WHERE account = ? AND page = ?;

-- name: save_view
INSERT INTO looking_view (account, person_id, page, name, query)
VALUES (:account, (SELECT id FROM people_person WHERE lower(email) = lower(:person)), :page, :name, :query);

-- name: change_view
UPDATE looking_view SET name = ?, query = ? WHERE id = ?;

-- name: drop_view
DELETE FROM looking_view WHERE id = ?;

-- name: sessions
SELECT session_key, session_data FROM django_session;

-- name: drop_session
DELETE FROM django_session WHERE session_key = ?;
