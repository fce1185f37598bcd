-- Replays of all accounts, found by the first of each: the others have higher numbers after the dash.
CREATE INDEX jobs_of_groups ON jobs (number) WHERE kind = 'replay' AND id GLOB '*-1';
