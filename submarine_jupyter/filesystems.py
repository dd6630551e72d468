"""Which file systems lie behind a network: SQLite's WAL and locks between hosts fail there."""

from __future__ import annotations

from pathlib import Path

import psutil

_NETWORK = frozenset(
    {
        "9p",
        "afs",
        "afpfs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "panfs",
        "smb2",
        "smb3",
        "smbfs",
        "sshfs",
        "webdav",
        "wekafs",
    }
)


def is_on_network(path: Path) -> bool:
    """Whether a path, which need not exist yet, lies on a network file system."""
    kind = _type_at(path.resolve()).lower()
    # In user space the type is a prefix and the name of the program: `fuse.sshfs`.
    return kind.removeprefix("fuse.") in _NETWORK


def _type_at(path: Path) -> str:
    """Return the type of the file system that is mounted nearest above a path."""
    types = {Path(mount.mountpoint): mount.fstype for mount in psutil.disk_partitions(all=True)}
    return next((types[place] for place in (path, *path.parents) if place in types), "")
