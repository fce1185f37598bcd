"""Hostile input: what holds for any bytes, asked of built mails, by atheris, and of all that was found."""
