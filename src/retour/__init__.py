"""Retour: bounce management. The library's door; it needs the standard library alone."""
