"""The machine is restarted while experiments run."""

from __future__ import annotations

import uuid
from pathlib import Path

from .namespaces import enter, tell

BOOT_ID = "/proc/sys/kernel/random/boot_id"


def test_a_restart_of_the_machine_interrupts_what_ran(tmp_path: Path) -> None:
    data_dir = tmp_path / "submarine"
    inside = enter("--mount")
    runs = tell(inside, "reboot", "before", str(data_dir))
    boot = tmp_path / "boot_id"
    boot.write_text(f"{uuid.uuid4()}\n")
    another_boot = ["sh", "-ec", 'mount --bind "$0" "$1"; shift; exec "$@"', str(boot), BOOT_ID]
    told = tell(
        [*inside, *another_boot],
        "reboot",
        *("after", str(data_dir), runs["running"], runs["waiting"]),
    )
    assert told["found"] is False
    assert told["status"] == "Failed"
    assert told["end"] == ["Interrupted", "the machine was restarted"]
    assert told["pods"] == [["Failed", "Unknown"]] * 2
    assert told["lines"] == {"worker-0": ["here"], "worker-1": ["here"]}
    assert told["waiting"] == "Succeeded"
