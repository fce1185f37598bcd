"""Schema of saved views, step by step."""
