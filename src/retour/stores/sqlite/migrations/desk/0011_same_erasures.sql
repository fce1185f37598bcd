-- Whoever else asked for the same address is found without looking at all that wait.

CREATE INDEX erasures_of_address ON erasures (account, address COLLATE NOCASE);
