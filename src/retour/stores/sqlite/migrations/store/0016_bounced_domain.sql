-- A page of one domain or provider looks through the days without the events and their addresses. Rows from
-- before this version have none, and are looked up.

ALTER TABLE bounced ADD COLUMN domain TEXT;
