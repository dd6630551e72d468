"""A pid comes again: whoever has it now is not mistaken for the one who had it."""

from __future__ import annotations

from pathlib import Path

from .namespaces import enter, tell

LOST = "its supervisor was killed, so how its replicas ended is not known"


def test_strangers_with_the_pids_of_the_dead_are_left_alone(tmp_path: Path) -> None:
    inside = enter("--pid", "--fork", "--mount-proc")
    told = tell(inside, "pid_reuse", str(tmp_path / "submarine"))
    assert set(told["strangers"].values()) == {"untouched"}, told["strangers"]
    assert (told["found"], told["stopped"]) == (False, False)
    unknown = {"status": "Failed", "reason": "Unknown"}
    assert told["runs"] == {
        "dead": {**unknown, "message": LOST},
        "orphaned": {
            **unknown,
            "message": f"{LOST}; 1 of its processes still ran and were ended",
        },
    }
    assert told["left"] == 0
    assert told["deleted"] == [200, 200]
