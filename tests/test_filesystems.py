"""Telling a network file system by the table of mounts."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from submarine_jupyter.filesystems import is_on_network


def mounts(monkeypatch: pytest.MonkeyPatch, **types: str) -> None:
    """Have the system say that these are mounted (`home_ann` at /home/ann), beside /."""
    one = psutil.disk_partitions(all=True)[0]
    table = [one._replace(mountpoint="/", fstype="ext4")]
    table += [
        one._replace(mountpoint="/" + place.replace("_", "/"), fstype=kind)
        for place, kind in types.items()
    ]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: table)  # noqa: A006 - psutil's name


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "lustre", "gpfs", "afs", "CIFS"]
)
def test_what_lies_behind_a_network_is_known(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    mounts(monkeypatch, mnt_far=kind)
    assert is_on_network(Path("/mnt/far"))
    assert is_on_network(Path("/mnt/far/not/there/yet"))
    assert not is_on_network(Path("/mnt"))
    assert not is_on_network(Path("/mnt/farther"))


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "fuse.mergerfs", ""])
def test_what_lies_on_this_machine_is_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    mounts(monkeypatch, mnt_near=kind)
    assert not is_on_network(Path("/mnt/near/data"))


def test_the_nearest_mount_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    mounts(monkeypatch, home="nfs4", home_ann_scratch="xfs")
    assert is_on_network(Path("/home/ann/data"))
    assert not is_on_network(Path("/home/ann/scratch/data"))


def test_what_is_mounted_over_another_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    one = psutil.disk_partitions(all=True)[0]
    table = [one._replace(mountpoint="/home", fstype=kind) for kind in ("autofs", "nfs4")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: table)  # noqa: A006 - psutil's name
    assert is_on_network(Path("/home/ann"))


def test_a_link_counts_as_what_it_leads_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/mnt/far/data")
    mounts(monkeypatch, mnt_far="nfs")
    assert is_on_network(tmp_path / "link")
