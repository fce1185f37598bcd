-- name: add
INSERT INTO pending_counts (moves) VALUES (?);

-- name: pends
SELECT 1 FROM pending_counts LIMIT 1;

-- name: pending
SELECT moves FROM pending_counts ORDER BY number;

-- name: drop
DELETE FROM pending_counts;

-- name: tables
SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name IN ('shown', 'listed_days', 'rates');

-- name: copy_shown
INSERT INTO temp.shown SELECT * FROM main.shown;

-- name: copy_listed
INSERT INTO temp.listed_days SELECT * FROM main.listed_days;

-- name: copy_rates
INSERT INTO temp.rates SELECT * FROM main.rates;
