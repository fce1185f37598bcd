-- name: addresses
SELECT count(*) FROM states WHERE account = ?;

-- name: last_event
SELECT coalesce(max(number), 0) FROM events;

-- name: lives
-- `settled` is lifecycle.foreseen.untouched. `told` is the chain of events as lifecycle.glance reads it, as one
-- text: a row for each event would cost twice as much.
SELECT k, domain, first, address, CASE WHEN NOT settled THEN (
  WITH RECURSIVE link (previous, at, kind, standing, reason, status, send) AS (
    SELECT e.previous, e.at, e.kind, e.standing, e.reason, e.status, e.send
    FROM events AS e WHERE e.number = s.latest
    UNION ALL
    SELECT e.previous, e.at, e.kind, e.standing, e.reason, e.status, e.send
    FROM link AS l CROSS JOIN events AS e ON e.number = l.previous
  )
  SELECT json_group_array(json_array(at, kind, standing, reason, status, send)) FROM link
) END AS told,
  state, causes, since, until, hard, soft, block, reasons, reactivations,
  unsubscribed, changes_at, last_bounce, listed
FROM (
  SELECT *, NOT :whole AND NOT coalesce(changes_at <= :now, 0) AND CASE
      WHEN state <> 'invalid' THEN listed = 0
      ELSE instr(causes, 'hard') > 0 OR (listed = 0 AND instr(causes, 'soft') = 0)
    END AS settled
  FROM (  -- by the index alone: the rows of other shares are not looked up
    SELECT k AS chosen FROM states
    WHERE account = :account AND (domain, first) > (:domain, :first) AND first % :parts = :part
    ORDER BY domain, first LIMIT :limit
  ) CROSS JOIN states ON k = chosen AND account = :account
) AS s ORDER BY domain, first;

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

-- name: at
SELECT s.k, s.address, s.latest
FROM temp.touched AS t CROSS JOIN states AS s ON s.k = t.k AND s.account = t.account;

-- name: briefs
SELECT s.k, s.address, (
  WITH RECURSIVE link (previous, id, at, kind, standing, reason, status, send) AS (
    SELECT e.previous, e.id, e.at, e.kind, e.standing, e.reason, e.status, e.send
    FROM events AS e WHERE e.number = s.latest
    UNION ALL
    SELECT e.previous, e.id, e.at, e.kind, e.standing, e.reason, e.status, e.send
    FROM link AS l CROSS JOIN events AS e ON e.number = l.previous
  )
  SELECT json_group_array(json_array(hex(id), at, kind, standing, reason, status, send)) FROM link
) AS told
FROM temp.touched AS t CROSS JOIN states AS s ON s.k = t.k AND s.account = t.account;

-- name: links
-- Events by their numbers (JSON), as a fold reads them, each with the one before it of its address.
SELECT e.number, e.previous,
  e.id, e.kind, e.at, e.reason, e.status, e.send, e.handed_over, e.standing, e.begins, e.outcome
FROM json_each(?) AS x CROSS JOIN events AS e ON e.number = x.value;

-- name: sent_to
SELECT recipient FROM sends WHERE k = ? AND account = ? LIMIT 1;
