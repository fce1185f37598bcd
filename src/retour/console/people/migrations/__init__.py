"""Schema of people, step by step."""
