-- name: more
UPDATE rates SET count = count + :count
WHERE account = :account AND day = :day AND provider = :provider AND campaign = :campaign AND kind = :kind;

-- name: begin
INSERT INTO rates (account, day, provider, campaign, kind, count)
VALUES (:account, :day, :provider, :campaign, :kind, :count);

-- name: rows_of_day
SELECT count(*) FROM rates WHERE account = ? AND day = ?;

-- name: of
SELECT day, provider, campaign, kind, count FROM rates
WHERE account = ? AND day BETWEEN ? AND ? AND count > 0 ORDER BY day, provider, campaign, kind;

-- name: expire
DELETE FROM rates WHERE day < ?;
