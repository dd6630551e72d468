"""Runs one experiment's replicas, independent of the server that started it.

It stays small: it imports the standard library alone, and little of that. The files it reads and
writes are a contract, drawn in `run/files.py`.
"""
