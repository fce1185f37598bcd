-- A list that was dropped can be had back for a time: with its name, which others may bear meanwhile, and who was on it.

ALTER TABLE contact_lists ADD COLUMN dropped_at INTEGER;
ALTER TABLE contact_lists ADD COLUMN dropped_name TEXT;
