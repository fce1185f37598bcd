-- name: add
INSERT OR IGNORE INTO sends
  (id, account, k, recipient, kind, handed_over, campaign, sender, subject, message_id, delivered_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: by_id
SELECT id, account, recipient, kind, handed_over, campaign, sender, subject, message_id, delivered_at
FROM sends WHERE id = ?;

-- name: any_of_message
SELECT id, account, recipient, kind, handed_over, campaign, sender, subject, message_id, delivered_at
FROM sends WHERE message_id = ? ORDER BY k LIMIT 2;

-- name: of_message_to
SELECT id, account, recipient, kind, handed_over, campaign, sender, subject, message_id, delivered_at
FROM sends WHERE message_id = ? AND k = ? LIMIT 100;

-- name: any_of_name
SELECT s.id, s.account, s.recipient, s.kind, s.handed_over, s.campaign, s.sender, s.subject, s.message_id, s.delivered_at
FROM names AS n CROSS JOIN sends AS s ON s.id = n.send WHERE n.name = ? ORDER BY n.send LIMIT 2;

-- name: of_name_to
SELECT s.id, s.account, s.recipient, s.kind, s.handed_over, s.campaign, s.sender, s.subject, s.message_id, s.delivered_at
FROM names AS n CROSS JOIN sends AS s ON s.id = n.send WHERE n.name = ? AND s.k = ? LIMIT 100;

-- name: add_name
INSERT OR IGNORE INTO names (name, send) VALUES (?, ?);

-- name: of_address
SELECT id, account, recipient, kind, handed_over, campaign, sender, subject, message_id, delivered_at
FROM sends WHERE k = ? AND account = ? ORDER BY handed_over, id;

-- name: last_delivery
SELECT s.k, max(s.delivered_at) FROM json_each(:places) AS n
CROSS JOIN sends AS s ON s.k = substr(:keys, n.value, 16) AND s.account = :account GROUP BY n.value;

-- name: last_send
SELECT s.k, max(s.handed_over) FROM json_each(:places) AS n
CROSS JOIN sends AS s ON s.k = substr(:keys, n.value, 16) AND s.account = :account GROUP BY n.value;

-- name: mails_and_addresses
SELECT count(*), count(DISTINCT k) FROM sends WHERE k < :below AND account = :account AND handed_over >= :since;

-- name: is_known
SELECT 1 FROM sends WHERE id = ?;

-- name: deliver
UPDATE sends SET delivered_at = :at WHERE id = :id AND (delivered_at IS NULL OR delivered_at > :at);

-- name: last_to_look_at
SELECT max(id) FROM (SELECT id FROM sends WHERE id > :after AND id < :bound ORDER BY id LIMIT :limit);

-- name: expire
DELETE FROM sends WHERE id > :after AND id <= :last AND handed_over < :before
  AND NOT EXISTS (SELECT 1 FROM states AS s WHERE s.k = sends.k AND s.account = sends.account);
