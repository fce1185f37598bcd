"""Stories: the whole walk end to end, with the real software on both sides of Retour."""
