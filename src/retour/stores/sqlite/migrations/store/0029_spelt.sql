-- Addresses that came with capitals: where a provider does not heed them, what stops one spelling stops all of its
-- mailbox (retour.address.mailbox). They are few, and their mailbox is found without a look at those of its domain.

CREATE INDEX states_spelt ON states (account, lower(address)) WHERE address <> lower(address);
