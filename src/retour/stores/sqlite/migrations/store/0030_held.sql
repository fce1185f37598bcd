-- A status of its own for who is held: before, the labels of their bounces said 'valid'. They are found among those whom
-- an incident ever held, and those into whom somebody was corrected, so that no file is read whole for it.

CREATE TEMP TABLE held AS
SELECT s.k, s.account, s.latest FROM (
  SELECT k, account FROM events INDEXED BY events_of_incident WHERE kind = 'incident_open'
  UNION
  SELECT new_k, account FROM corrections
) AS p CROSS JOIN states AS s ON s.k = p.k AND s.account = p.account
WHERE s.state = 'held';

CREATE TEMP TABLE relabelled AS
WITH RECURSIVE chain (number) AS (
  SELECT latest FROM temp.held
  UNION ALL
  SELECT e.previous FROM chain AS c CROSS JOIN events AS e ON e.number = c.number WHERE e.previous IS NOT NULL
)
SELECT e.number, e.account, e.at, e.label FROM chain AS c CROSS JOIN events AS e ON e.number = c.number
WHERE e.label IS NOT NULL;

CREATE TEMP TABLE made (before INTEGER PRIMARY KEY, after INTEGER NOT NULL);
INSERT INTO temp.made
SELECT before, (SELECT coalesce(max(number), 0) FROM labels) + row_number() OVER (ORDER BY before)
FROM (SELECT DISTINCT label AS before FROM temp.relabelled);

INSERT INTO labels (number, account, status, type, reason, campaign, mail_kind)
SELECT m.after, l.account, 'held', l.type, l.reason, l.campaign, l.mail_kind
FROM temp.made AS m CROSS JOIN labels AS l ON l.number = m.before;

UPDATE events SET label = (SELECT after FROM temp.made WHERE before = label)
WHERE number IN (SELECT number FROM temp.relabelled);

INSERT OR IGNORE INTO hours (account, hour, label)
SELECT DISTINCT r.account, (r.at - (r.at % 3600000000 + 3600000000) % 3600000000) / 3600000000, m.after
FROM temp.relabelled AS r CROSS JOIN temp.made AS m ON m.before = r.label;

DROP TABLE temp.held;
DROP TABLE temp.relabelled;
DROP TABLE temp.made;
