"""What the driver and the server have agreed on."""

CONNECTED = "connected"
"""The line by which a driver says that it works."""
NO_CLUSTER = 3
"""Exit code of a driver that could not connect."""
CLUSTER_LOST = 4
"""Exit code of a driver whose cluster has lost its head."""
