-- Why an attempt was not heard, by name: people read its sentence (retour.flow.unheard).

ALTER TABLE messages ADD COLUMN fault TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN fault TEXT NOT NULL DEFAULT '';
