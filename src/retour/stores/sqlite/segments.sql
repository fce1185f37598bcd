-- name: rolled
SELECT number FROM rolled;

-- name: set_rolled
UPDATE rolled SET number = ?;

-- name: new
SELECT e.number, e.account, e.at, coalesce(e.reason, ''), coalesce(e.status, ''),
  l.type, d.campaign, s.domain, json_extract(b.body, '$[4][6]'), json_extract(b.body, '$[4][8]')
FROM events AS e CROSS JOIN states AS s ON s.k = e.k AND s.account = e.account
LEFT JOIN labels AS l ON l.number = e.label
LEFT JOIN sends AS d ON d.id = e.send AND d.account = e.account
LEFT JOIN evidence AS b ON b.number = e.number
WHERE e.number > :after AND e.number <= :until AND e.kind = 'bounce' AND e.standing = 'proven'
  AND s.domain <> '' ORDER BY e.number;

-- name: reply
SELECT number FROM replies WHERE account = ? AND shape = ?;

-- name: replies
SELECT count(*) FROM replies WHERE account = ?;

-- name: add_reply
INSERT INTO replies (account, shape) VALUES (?, ?) RETURNING number;

-- name: facet
SELECT number FROM facets
WHERE account = ? AND reply = ? AND reason = ? AND status = ? AND type = ? AND campaign = ?;

-- name: add_facet
INSERT INTO facets (account, reply, reason, status, type, campaign) VALUES (?, ?, ?, ?, ?, ?)
RETURNING number;

-- name: add_bounced
INSERT OR IGNORE INTO bounced (account, day, facet, number, domain) VALUES (?, ?, ?, ?, ?);

-- name: add_total
UPDATE facets SET count = count + ? WHERE number = ?;

-- name: add_day
INSERT INTO bounced_days (account, facet, day, count) VALUES (?, ?, ?, ?)
ON CONFLICT (account, facet, day) DO UPDATE SET count = count + excluded.count;

-- name: add_domain
INSERT INTO bounced_domains (account, domain, facet, day, count) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, domain, facet, day) DO UPDATE SET count = count + excluded.count;

-- name: facets
SELECT f.number, f.type, f.campaign, f.count
FROM facets AS f LEFT JOIN replies AS r ON r.number = f.reply
WHERE f.account = :account AND f.count > 0
  AND (:reason IS NULL OR f.reason = :reason) AND (:type IS NULL OR f.type = :type)
  AND (:campaign IS NULL OR f.campaign = :campaign)
  AND (:code IS NULL OR substr(f.status, 1, length(:code)) = :code AND (:begins OR f.status = :code))
  AND (:text IS NULL OR instr(r.shape, :text) > 0);

-- name: count_days
SELECT coalesce(sum(count), 0) FROM bounced_days
WHERE account = :account AND facet IN (SELECT value FROM json_each(:facets))
  AND day BETWEEN :since AND :until;

-- name: count_domains
SELECT coalesce(sum(count), 0) FROM bounced_domains
WHERE account = :account AND domain IN (SELECT value FROM json_each(:domains))
  AND facet IN (SELECT value FROM json_each(:facets)) AND day BETWEEN :since AND :until;

-- name: days
SELECT DISTINCT day FROM bounced_days
WHERE account = :account AND facet IN (SELECT value FROM json_each(:facets))
  AND day BETWEEN :since AND :until ORDER BY day DESC;

-- name: day_before
SELECT max(day) FROM bounced WHERE account = :account AND day <= :until AND day >= :since;

-- name: of_day
SELECT b.number, b.facet FROM bounced AS b
WHERE b.account = :account AND b.day = :day AND b.number < :before
  AND b.facet IN (SELECT value FROM json_each(:facets))
  AND (:domains IS NULL OR b.domain IN (SELECT value FROM json_each(:domains)) OR b.domain IS NULL AND EXISTS (
    SELECT 1 FROM events AS e CROSS JOIN states AS s ON s.k = e.k AND s.account = e.account
    WHERE e.number = b.number AND s.domain IN (SELECT value FROM json_each(:domains))))
ORDER BY b.number DESC LIMIT :limit;

-- name: whole
SELECT e.number, s.address, b.body,
  e.id, e.kind, e.at, e.reason, e.status, e.send, e.handed_over, e.standing, e.begins, e.outcome
FROM events AS e CROSS JOIN states AS s ON s.k = e.k AND s.account = e.account
LEFT JOIN evidence AS b ON b.number = e.number
WHERE e.number IN (SELECT value FROM json_each(?));

-- name: save
INSERT INTO segments (account, name, asked, actor, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, name) DO UPDATE SET asked = excluded.asked, actor = excluded.actor, at = excluded.at;

-- name: saved
SELECT name, asked, actor, at FROM segments WHERE account = ? ORDER BY name;

-- name: drop
DELETE FROM segments WHERE account = ? AND name = ?;
