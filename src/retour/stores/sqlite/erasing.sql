-- name: tables
SELECT m.name, c.name, c.type, c.pk
FROM sqlite_schema AS m CROSS JOIN pragma_table_info(m.name) AS c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid;

-- name: has_rowid
SELECT wr FROM pragma_table_list WHERE name = ? AND schema = 'main';

-- name: some_evidence
SELECT b.number, b.body FROM evidence AS b CROSS JOIN events AS e ON e.number = b.number
WHERE b.number > :after AND e.account IN (:account, 0) ORDER BY b.number LIMIT :limit;

-- name: named_in_ledger
SELECT actor, before, after FROM records
WHERE account = ? AND (instr(actor, '@') OR instr(before, '@') OR instr(after, '@'));

-- name: set_evidence
UPDATE evidence SET body = ? WHERE number = ?;

-- name: drop_evidence
DELETE FROM evidence WHERE number = ?;

-- name: unlabel
UPDATE events SET label = NULL WHERE number = ?;

-- name: disown
UPDATE events SET k = zeroblob(16), id = randomblob(16), label = NULL, send = NULL WHERE number = ?;

-- name: drop_bounced
DELETE FROM bounced WHERE account = ? AND day = ? AND number = ?;

-- name: keep_deliveries
INSERT OR IGNORE INTO delivered (k, account, send, at)
SELECT k, account, id, delivered_at FROM sends WHERE k = ? AND account = ? AND delivered_at IS NOT NULL;

-- name: drop_deliveries
DELETE FROM delivered WHERE k = ? AND account = ?;

-- name: drop_sends
DELETE FROM sends WHERE k = ? AND account = ?;

-- name: drop_signs
DELETE FROM engagements WHERE k = ? AND account = ?;

-- name: drop_places
DELETE FROM contact_places WHERE contact IN (SELECT number FROM contacts WHERE account = ? AND address = ?);

-- name: drop_contact
DELETE FROM contacts WHERE account = ? AND address = ?;

-- name: hide_state
UPDATE states SET address = ?, domain = '' WHERE k = ? AND account = ?;

-- name: drop_state
DELETE FROM states WHERE k = ? AND account = ?;

-- name: facet_of
SELECT facet FROM bounced WHERE account = ? AND day = ? AND number = ?;

-- name: add
INSERT OR REPLACE INTO erasures (id, account, address, actor, note, at) VALUES (?, ?, ?, ?, ?, ?);

-- name: one
SELECT id, account, address, actor, note, at FROM erasures WHERE id = ?;

-- name: drop
DELETE FROM erasures WHERE id = ?;

-- name: drop_same
DELETE FROM erasures WHERE account = ? AND address = ? COLLATE NOCASE;

-- name: of_job
-- "." comes right after "-".
SELECT id, account, address, actor, note, at FROM erasures
WHERE id > :job || '-' AND id < :job || '.' ORDER BY id LIMIT :limit;

-- name: drop_of_job
DELETE FROM erasures WHERE id > :job || '-' AND id < :job || '.';

-- name: some_arrivals
SELECT number, raw, mail_from, rcpt_to FROM arrivals
WHERE number > :after AND (raw IS NOT NULL OR rcpt_to IS NOT NULL) AND outcome <> 'waiting'
  AND (account IS NULL OR account = :account) ORDER BY number LIMIT :limit;

-- name: waits
SELECT 1 FROM arrivals
WHERE outcome = 'waiting' AND received_at <= :until AND (account IS NULL OR account = :account) LIMIT 1;

-- name: drop_raw
UPDATE arrivals SET raw = NULL, mail_from = NULL, rcpt_to = NULL,
  outcome = iif(outcome = 'unparsed', 'expired', outcome) WHERE number = ?;

-- name: number_of
SELECT number FROM arrivals WHERE id = ? AND outcome <> 'waiting';
