-- What commits change of shown, listed_days and rates, until it is folded into them. Domains, campaigns and
-- numbers stand here, and no address.

CREATE TABLE pending_counts (
  number INTEGER PRIMARY KEY,   -- begins at 1 again when all are folded
  moves TEXT NOT NULL           -- JSON: moves of shown, of listed_days, of rates
) STRICT;
