-- What an incident holds is found without a look at all events since.
CREATE INDEX events_of_incident ON events (outcome, number) WHERE kind = 'incident_open';
