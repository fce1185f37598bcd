"""The lab: real mail servers in networks of their own, provoked into writing every sort of notice.

`scripts/lab` runs it; docs/dialects.md tells what came of it. Nothing here runs in the test-suite.
"""
