"""The logs of runs as files: whole, by lines, by search, and when each line was written.

What a line is and how text is cleaned, without any file, is in `submarine_jupyter.logs`.
"""
