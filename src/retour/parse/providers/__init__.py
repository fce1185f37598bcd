"""Vocabularies of mail providers: their words for what happened, turned into ours."""
