"""Bodies of the ports Inbox, Accounts, Sends and Ledger: SQLite, and memory. One suite holds both."""
