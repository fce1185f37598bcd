-- What the bytes are: a mail, or what a provider or a log wrote.
ALTER TABLE arrivals ADD COLUMN form TEXT NOT NULL DEFAULT 'mail';
