"""Who may look: people, what they may do in which account, and how they like to read."""
