"""The console: pages for people, in a process and on a port of its own.

A client of the API like any other: what a page shows it asks for under the name and the role of the person
who looks, and what a person does it asks to be done. Django keeps people, sessions and roles, nothing else.
"""
