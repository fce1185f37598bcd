-- name: heads
SELECT id, asked_at, actor, "order" FROM jobs INDEXED BY jobs_of_groups
WHERE kind = 'replay' AND id GLOB '*-1'
  AND (:after IS NULL OR number < (SELECT number FROM jobs WHERE id = :after || '-1'))
ORDER BY number DESC LIMIT :limit;

-- name: of_account
-- An account has one replay in a group, whatever its number there.
SELECT id, asked_at, actor, "order" FROM jobs
WHERE account = :account AND kind = 'replay' AND id GLOB '*-*'
  AND (:after IS NULL OR number < (
    SELECT min(number) FROM jobs
    WHERE id > :after || '-' AND id < :after || '.' AND account = :account AND kind = 'replay'
  ))
ORDER BY number DESC LIMIT :limit;

-- name: states
SELECT kind, state, count(*) FROM jobs
WHERE id > :id || '-' AND id < :id || '.' AND :account IN ('', account) GROUP BY kind, state;

-- name: moves
SELECT m.key, sum(m.value) FROM jobs AS j, json_each(j.result, '$.move') AS m
WHERE j.id > :id || '-' AND j.id < :id || '.' AND j.kind = 'replay' AND :account IN ('', j.account)
GROUP BY m.key;
