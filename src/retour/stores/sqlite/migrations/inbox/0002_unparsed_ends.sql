-- What nobody explained in its time goes as well, and is counted: outcome 'expired', without bytes.

CREATE INDEX arrivals_unparsed_to_expire ON arrivals (received_at) WHERE outcome = 'unparsed';
CREATE INDEX arrivals_expired ON arrivals (number) WHERE outcome = 'expired';
