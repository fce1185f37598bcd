-- What a key is for, and when it was used last, to within a minute.

ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN used_at INTEGER;
