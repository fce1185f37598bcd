-- Deliveries, which logs tell of in their thousands, are not kept once they are judged.
ALTER TABLE arrivals ADD COLUMN passing INTEGER NOT NULL DEFAULT 0;
CREATE INDEX arrivals_passing ON arrivals (number) WHERE passing = 1;
