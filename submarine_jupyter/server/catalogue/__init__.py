"""Environments and templates: specs that are kept under a name."""
