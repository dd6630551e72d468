"""Experiments on a Ray cluster.

The server writes what is to run (`submitter`), a driver process holds the connection to Ray and
writes what has happened (`driver`, `run`, `replica`), and on the nodes an actor for each pod has
the command run by the same supervisor as on one machine (`actor`). docs/decisions tell why.
"""
