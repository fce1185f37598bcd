-- Colleagues of a contact: whoever an account writes to at the same domain.

CREATE INDEX contacts_at ON contacts (account, substr(address, instr(address, '@') + 1), name = '');
