"""Experiments as processes of this machine: one supervisor an experiment, one process a replica."""
