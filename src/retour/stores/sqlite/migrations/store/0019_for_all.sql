-- Whether the staff of the platform has ruled, for whose restore no older verdict of any account counts.

ALTER TABLE requests ADD COLUMN for_all INTEGER NOT NULL DEFAULT 0;
