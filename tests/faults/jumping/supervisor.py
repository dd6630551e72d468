"""Runs the supervisor, named by the first argument, with a clock that jumps."""

import runpy
import sys
from pathlib import Path

runpy.run_path(str(Path(__file__).with_name("clock.py")))
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
