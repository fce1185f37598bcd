-- name: more
UPDATE rates SET count = count + :count
WHERE account = :account AND day = :day AND provider = :provider AND campaign = :campaign AND kind = :kind;

-- name: begin
INSERT INTO rates (account, day, provider, campaign, kind, count)
VALUES (:account, :day, :provider, :campaign, :kind, :count);

-- name: rows_of_day
SELECT count(*) FROM rates WHERE account = ? AND day = ?;

-- name: of
SELECT iif(:days, day, 0), iif(:providers, provider, ''), iif(:campaigns, campaign, ''), kind, sum(count)
FROM rates WHERE account = :account AND day BETWEEN :first AND :last
  AND (:provider IS NULL OR provider = :provider) AND (:campaign IS NULL OR campaign = :campaign)
GROUP BY 1, 2, 3, 4 HAVING sum(count) > 0 ORDER BY 1, 2, 3, 4;

-- name: expire
DELETE FROM rates WHERE day < ?;
