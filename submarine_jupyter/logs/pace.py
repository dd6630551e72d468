"""How often to ask a server that cannot tell by itself that something is new."""

from __future__ import annotations

SHORTEST = 0.5
LONGEST = 5.0

_GROWTH = 1.5


class Pace:
    """Pauses between two questions: short while answers bring news, longer when they do not.

    Parameters
    ----------
    shortest, longest
        Seconds.
    """

    def __init__(self, shortest: float = SHORTEST, longest: float = LONGEST) -> None:
        self.shortest = shortest
        self._longest = max(longest, shortest)
        self._pause = shortest
        self._extent: object = None

    def after(self, extent: object, took: float) -> float:
        """Return the seconds until the next question.

        Parameters
        ----------
        extent
            What was answered, or a value that differs when that does.
        took
            Seconds that the answer took: a server that is slow with it is asked less often.
        """
        news = extent != self._extent
        self._extent = extent
        self._pause = self.shortest if news else min(self._pause * _GROWTH, self._longest)
        return max(self._pause, took)
