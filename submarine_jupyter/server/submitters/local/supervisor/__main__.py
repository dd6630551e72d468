"""Started by file path as `python -S -I supervisor/__main__.py DIRECTORY`.

So no site package is looked for or imported; the one package it needs is its own, and that comes
last on the path.
"""

import os
import sys

_PACKAGE = __file__
for _ in range(6):
    _PACKAGE = os.path.dirname(_PACKAGE)
sys.path.append(_PACKAGE)

from submarine_jupyter.server.submitters.local.supervisor.run import main  # noqa: E402 - see above

main(sys.argv[1])
