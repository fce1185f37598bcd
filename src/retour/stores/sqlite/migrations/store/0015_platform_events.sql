-- How far the events were read for the stops of the platform, beside the records: what is heard or judged again
-- while an address is stopped changes no state, and writes no record. 0: all of them are looked at once.

ALTER TABLE platform_place ADD COLUMN event INTEGER NOT NULL DEFAULT 0;
