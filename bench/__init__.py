"""Benchmarks: ratios against public peers, in one run, in CPU-seconds (docs and aims: performance.md)."""
