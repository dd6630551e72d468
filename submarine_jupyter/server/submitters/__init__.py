"""Where experiments run: one submitter an engine, all behind the contract in `base`."""
