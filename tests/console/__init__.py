"""Tests of the console: real pages in a real browser."""
