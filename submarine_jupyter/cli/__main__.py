"""`python -m submarine_jupyter.cli`, which is how the embedded server is started."""

from __future__ import annotations

import sys

from . import main

sys.exit(main())
