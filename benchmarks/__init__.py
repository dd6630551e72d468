"""Benchmarks, a figure a module, each beside its peer: `make bench`.

Each module has `measure() -> Iterable[Row]`; see `measure.py` for the rows.
"""
