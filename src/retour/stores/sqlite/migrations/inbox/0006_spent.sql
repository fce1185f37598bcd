-- Posts that turned out to tell of deliveries alone (passing = 2) lose their bytes at once, and some days
-- later their names, by which a repetition, or a forgery under the same name, is known.
CREATE INDEX arrivals_spent ON arrivals (received_at) WHERE passing = 2;
