-- What was sent, arrived, bounced and was spared: by day since 1970, provider of the domain, and campaign.
CREATE TABLE rates (
  account INTEGER NOT NULL,
  day INTEGER NOT NULL,
  provider TEXT NOT NULL,       -- '' where the domain tells none
  campaign TEXT NOT NULL,       -- '' of none, or of all beyond the most that are told apart
  kind TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (account, day, provider, campaign, kind)
) STRICT, WITHOUT ROWID;
