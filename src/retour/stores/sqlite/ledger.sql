-- The addresses that a transaction is about stand in temp.touched (slot, k, account).

-- name: make_touched
CREATE TEMP TABLE IF NOT EXISTS touched (slot INTEGER PRIMARY KEY, k BLOB NOT NULL, account INTEGER NOT NULL);

-- name: clear_touched
DELETE FROM temp.touched;

-- name: touch
INSERT INTO temp.touched (slot, k, account) VALUES (?, ?, ?);

-- name: stored
-- Each address with its latest event: most have one, or two.
SELECT t.slot, s.address, s.first, s.latest, s.trail,
  s.state, s.causes, s.since, s.until, s.hard, s.soft, s.block, s.reasons, s.reactivations,
  s.unsubscribed, s.changes_at, s.last_bounce, s.listed,
  e.number, e.previous, e.label,
  e.id, e.kind, e.at, e.reason, e.status, e.send, e.handed_over, e.standing, e.begins, e.outcome
FROM temp.touched AS t CROSS JOIN states AS s ON s.k = t.k AND s.account = t.account
CROSS JOIN events AS e ON e.number = s.latest;

-- name: history
-- The events before: `ends` is JSON of pairs of slot and number.
WITH RECURSIVE ends (slot, number) AS (
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:ends)
), chain AS (
  SELECT x.slot, e.number, e.previous, e.label,
    e.id, e.kind, e.at, e.reason, e.status, e.send, e.handed_over, e.standing, e.begins, e.outcome
  FROM ends AS x CROSS JOIN events AS e ON e.number = x.number
  UNION ALL
  SELECT c.slot, e.number, e.previous, e.label,
    e.id, e.kind, e.at, e.reason, e.status, e.send, e.handed_over, e.standing, e.begins, e.outcome
  FROM chain AS c CROSS JOIN events AS e ON e.number = c.previous
)
SELECT * FROM chain;

-- name: deliveries
SELECT t.slot, d.id, d.delivered_at
FROM temp.touched AS t CROSS JOIN sends AS d
  ON d.k = t.k AND d.account = t.account AND d.delivered_at IS NOT NULL
UNION ALL
SELECT t.slot, d.send, d.at
FROM temp.touched AS t CROSS JOIN delivered AS d ON d.k = t.k AND d.account = t.account;

-- name: have_events
SELECT t.slot FROM temp.touched AS t CROSS JOIN states AS s ON s.k = t.k AND s.account = t.account;

-- name: drop_delivery
DELETE FROM delivered WHERE k = ? AND account = ? AND send = ?;

-- name: add_delivery
INSERT INTO delivered (k, account, send, at) VALUES (?, ?, ?, ?)
ON CONFLICT (k, account, send) DO UPDATE SET at = min(at, excluded.at);

-- name: last_event
SELECT coalesce(max(number), 0) FROM events;

-- name: last_record
SELECT coalesce(max(number), 0) FROM records;

-- name: refile
-- What is filed under what stood for a send is the send's.
WITH RECURSIVE chain (number) AS (
  SELECT latest FROM states WHERE k = :k AND account = :account
  UNION ALL
  SELECT e.previous FROM chain AS c CROSS JOIN events AS e ON e.number = c.number WHERE e.previous IS NOT NULL
)
UPDATE events SET send = :send WHERE number IN (SELECT number FROM chain) AND send = :stood_for;

-- name: delivery_of
SELECT at FROM delivered WHERE k = ? AND account = ? AND send = ?;

-- name: add_event
INSERT INTO events (number, id, k, account, previous, label,
  kind, at, reason, status, send, handed_over, standing, begins, outcome)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: relabel
UPDATE events SET label = ? WHERE number = ?;

-- name: add_evidence
INSERT INTO evidence (number, body) VALUES (?, ?);

-- name: add_record
INSERT INTO records (number, previous, at, k, account, actor, before, after, cause, event, policy, link)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: chain
SELECT number, link FROM chains WHERE account = ?;

-- name: set_chain
INSERT INTO chains (account, number, link) VALUES (?, ?, ?)
ON CONFLICT (account) DO UPDATE SET number = excluded.number, link = excluded.link;

-- name: add_state
INSERT INTO states (latest, trail,
  state, causes, since, until, hard, soft, block, reasons, reactivations, unsubscribed, changes_at,
  last_bounce, listed,
  k, account, address, domain, first)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: set_state
UPDATE states SET latest = ?, trail = ?,
  state = ?, causes = ?, since = ?, until = ?, hard = ?, soft = ?, block = ?, reasons = ?,
  reactivations = ?, unsubscribed = ?, changes_at = ?, last_bounce = ?, listed = ?
WHERE k = ? AND account = ?;

-- name: set_alarm
INSERT OR IGNORE INTO alarms (at, k, account) VALUES (?, ?, ?);

-- name: ringing
SELECT at, k, account FROM alarms WHERE at <= ? ORDER BY at LIMIT ?;

-- name: drop_alarm
DELETE FROM alarms WHERE at = ? AND k = ? AND account = ?;

-- name: evidence
SELECT number, body FROM evidence WHERE number IN (SELECT value FROM json_each(?));

-- name: records
WITH RECURSIVE trail (number) AS (
  SELECT trail FROM states WHERE k = :k AND account = :account AND trail IS NOT NULL
  UNION ALL
  SELECT r.previous FROM trail AS t CROSS JOIN records AS r ON r.number = t.number
  WHERE r.previous IS NOT NULL
)
SELECT r.number, r.at, r.actor, r.before, r.after, r.cause, r.event, r.policy
FROM trail AS t CROSS JOIN records AS r ON r.number = t.number ORDER BY r.number;

-- name: of_domain
SELECT address FROM states WHERE account = ? AND domain = ? ORDER BY first;

-- name: after_domain
SELECT k, domain, first FROM states
WHERE account = :account AND (domain, first) > (:domain, :first) ORDER BY domain, first LIMIT :limit;

-- name: kept
-- Those that are asked for by their keys (many.py), with the latest delivery of a send, and of one not registered.
SELECT s.k, s.domain,
  (SELECT max(at) FROM (
    SELECT max(d.delivered_at) AS at FROM sends AS d WHERE d.k = s.k AND d.account = s.account
    UNION ALL
    SELECT max(d.at) FROM delivered AS d WHERE d.k = s.k AND d.account = s.account)),
  s.state, s.causes, s.since, s.until, s.hard, s.soft, s.block, s.reasons, s.reactivations,
  s.unsubscribed, s.changes_at, s.last_bounce, s.listed
FROM json_each(:places) AS n
CROSS JOIN states AS s ON s.k = substr(:keys, n.value, 16) AND s.account = :account;

-- name: spelt
SELECT s.address FROM json_each(:small) AS n
CROSS JOIN states AS s INDEXED BY states_spelt ON s.account = :account AND lower(s.address) = n.value
WHERE s.address <> lower(s.address);

-- name: size
SELECT count(*) FROM (SELECT 1 FROM states WHERE account = :account AND domain >= '' LIMIT :most);

-- name: addresses
SELECT domain, first, address
FROM states WHERE account = :account AND (domain, first) > (:after, :first) AND domain <> ''
ORDER BY domain, first LIMIT :limit;

-- name: erased
SELECT k FROM states WHERE account = ? AND domain = '' AND (state = 'invalid' OR unsubscribed);

-- name: states
SELECT domain, first, address,
  state, causes, since, until, hard, soft, block, reasons, reactivations,
  unsubscribed, changes_at, last_bounce, listed
FROM states WHERE account = :account AND (domain, first) > (:after, :first) AND domain <> ''
ORDER BY domain, first LIMIT :limit;

-- name: states_in_domain
SELECT domain, first, address,
  state, causes, since, until, hard, soft, block, reasons, reactivations,
  unsubscribed, changes_at, last_bounce, listed
FROM states WHERE account = :account AND domain = :domain AND first > iif(:after = :domain, :first, 0)
ORDER BY first LIMIT :limit;

-- name: standing
SELECT account, address,
  state, causes, since, until, hard, soft, block, reasons, reactivations,
  unsubscribed, changes_at, last_bounce, listed
FROM states WHERE state IN ('held', 'invalid') OR unsubscribed;

-- name: moved
SELECT DISTINCT s.account, s.address,
  s.state, s.causes, s.since, s.until, s.hard, s.soft, s.block, s.reasons, s.reactivations,
  s.unsubscribed, s.changes_at, s.last_bounce, s.listed
FROM records AS r CROSS JOIN states AS s ON s.k = r.k AND s.account = r.account
WHERE r.number > :after AND r.number <= :until;

-- name: of_nobody
SELECT e.number, e.account, s.address, b.body,
  e.id, e.kind, e.at, e.reason, e.status, e.send, e.handed_over, e.standing, e.begins, e.outcome
FROM events AS e LEFT JOIN states AS s ON s.k = e.k AND s.account = e.account
LEFT JOIN evidence AS b ON b.number = e.number
WHERE e.account = 0 AND e.number < :before ORDER BY e.number DESC LIMIT :limit;

-- name: undetermined
SELECT e.number, e.account, s.address, b.body,
  e.id, e.kind, e.at, e.reason, e.status, e.send, e.handed_over, e.standing, e.begins, e.outcome
FROM events AS e LEFT JOIN states AS s ON s.k = e.k AND s.account = e.account
LEFT JOIN evidence AS b ON b.number = e.number
WHERE e.reason = 'undetermined' AND e.kind NOT IN ('rejudged', 'understood') AND e.number < :before
  AND (:account IS NULL OR e.account = :account)
ORDER BY e.number DESC LIMIT :limit;

-- name: records_of_account
-- Where a line names no cause, who acted tells it: `cause_told` in ports/records.py.
SELECT r.number, r.at, iif(s.domain = '', NULL, s.address), r.actor, r.before, r.after, r.cause, r.event, r.policy,
  lower(hex(r.k)), coalesce(r.link, '')
FROM records AS r LEFT JOIN states AS s ON s.k = r.k AND s.account = r.account
WHERE r.account = :account AND r.number < :before
  AND (:since IS NULL OR r.at >= :since) AND (:until IS NULL OR r.at < :until)
  AND (:after IS NULL OR r.after = :after) AND (:cause IS NULL OR :cause = coalesce(r.cause,
    CASE WHEN r.actor = 'guard' OR 'held' IN (r.before, r.after) THEN 'incident'
      WHEN r.before = 'invalid' AND r.after = 'valid' AND (r.actor GLOB 'person *' OR r.actor GLOB 'key *')
      THEN 'given_back' END))
ORDER BY r.number DESC LIMIT :limit;

-- name: happened
SELECT r.number, r.at, r.account, s.address, r.actor, r.before, r.after, r.cause, r.event, r.policy
FROM records AS r CROSS JOIN states AS s ON s.k = r.k AND s.account = r.account
WHERE r.number > :after AND r.number <= :last AND s.domain <> '' ORDER BY r.number;

-- name: acts
SELECT e.number, e.account, s.address,
  e.id, e.kind, e.at, e.reason, e.status, e.send, e.handed_over, e.standing, e.begins, e.outcome
FROM events AS e CROSS JOIN states AS s ON s.k = e.k AND s.account = e.account
WHERE e.number > :after AND e.number <= :last AND e.standing = 'proven' AND s.domain <> ''
  AND e.kind IN ('complaint', 'unsubscribe', 'incident_open', 'incident_close') ORDER BY e.number;

-- name: after_place
SELECT k, account FROM states WHERE (k, account) > (:k, :account) ORDER BY k, account LIMIT :limit;
