"""Grammars of their own: one module for each software whose notices are read in no general way."""
