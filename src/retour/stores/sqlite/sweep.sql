-- name: addresses
SELECT count(*) FROM states WHERE account = ?;

-- name: last_event
SELECT coalesce(max(number), 0) FROM events;

-- name: lives
-- `settled` is lifecycle.foreseen.untouched.
SELECT k, domain, first, address,
  NOT coalesce(changes_at <= :now, 0) AND CASE
    WHEN state <> 'invalid' THEN listed = 0
    ELSE instr(causes, 'hard') > 0 OR (listed = 0 AND instr(causes, 'soft') = 0)
  END AS settled,
  state, causes, since, until, hard, soft, block, reasons, reactivations,
  unsubscribed, changes_at, last_bounce, listed
FROM states
WHERE account = :account AND (domain, first) > (:domain, :first) AND first % :parts = :part
ORDER BY domain, first LIMIT :limit;

-- name: reports
SELECT e.k, e.id, e.kind, e.reason, b.body
FROM events AS e CROSS JOIN evidence AS b ON b.number = e.number
WHERE e.number > :after AND e.number <= :until AND e.account = :account AND e.standing = 'proven'
  AND e.kind IN ('bounce', 'delay', 'suppressed', 'autoreply', 'challenge', 'other')
ORDER BY e.number;

-- name: judged
SELECT DISTINCT k FROM events
WHERE number > :after AND number <= :until AND account = :account AND kind = 'rejudged'
  AND outcome LIKE 'bounce %';

-- name: returns
SELECT number, at, k, policy FROM records
WHERE account = :account AND number < :before AND actor = :actor
  AND before = 'invalid' AND after IN ('valid', 'bouncing')
ORDER BY number DESC LIMIT :limit;
