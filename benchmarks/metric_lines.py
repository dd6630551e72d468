"""Finding metrics in raw logs: what a line costs that holds none, and one that holds some."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from submarine_jupyter.logs.metrics import MetricReader, Point
from submarine_jupyter.logs.series import Series

from .measure import Bar, Peer, Row, durations

CHUNK = 256 * 1024
_LINES = 2_500  # few, so that some round finds the machine quiet
_ROUNDS = 60

# About 100 bytes each, as they stand in the logs of trainers, of the system and of people.
PLAIN = b"""\
2024-05-01 12:00:00,123 INFO worker.loader:120 Starting worker 3 of 8, shard 17 of /data/train/part
WARNING:tensorflow:From /usr/lib/python3/dist-packages/datasets/mnist.py:260: load is deprecated
2024-05-01 07:52:07.369276: I core/platform/cpu_feature_guard.cc:141] Your CPU supports AVX2 and FMA
Found 100 files belonging to 5 classes, using 80 files for training and 20 files for the validation.
[2024-05-01 12:00:00] Connecting to 10.0.0.12:29500 as rank 3 of 8, timeout 1800 seconds, PID=123456
  warnings.warn(f'The parameter {name!r} is deprecated since 0.13 and may be removed', UserWarning)
I0501 07:52:07.369276 140242 executor.cc:1043] Enqueued batch 128 of shard 3, length now 17 of 64 ok
Downloading: 10%|#         | 12.3M/123M [00:01<00:12, 9.11MB/s] to the cache of the hub, blob 12 40
the quick brown fox jumps over the lazy dog and keeps on running through the meadow until evening is
Saved checkpoint to /tmp/run/checkpoints/epoch_3/model-000120.ckpt (size: 417MB, elapsed: 3.2s), ok
""".splitlines()
SETTINGS = b"""\
batch_size=64, hidden=128, dropout: 0.1, seed=42, workers: 8, world_size=2, port=29500, layers: 12
""".splitlines()
METRICS = (
    b"Accuracy at step 990: 0.9627",
    b"2024-05-01 12:00:00,123 INFO train:120 step=10 loss=0.5123 acc=0.9123",
    b"469/469 [==============================] - 2s 4ms/step - loss: 0.2512 - accuracy: 0.9212",
    b"{'loss': 0.1, 'grad_norm': 1.5, 'learning_rate': 5e-05, 'epoch': 1.0}",
    b"Train Epoch: 1 [640/60000 (1%)]\tLoss: 0.523123",
    b"[10]\ttrain-rmse:0.12345\ttest-rmse:0.34567",
    b'{"step": 3, "loss": 0.1, "accuracy": 0.9}',
    b"Epoch 0: 100%|####| 10/10 [00:01<00:00, 9.9it/s, loss=0.5, v_num=1]",
)
_NAIVE = re.compile(rb"(\w+)\s*=\s*([-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)")


def measure() -> Iterator[Row]:
    """Measure plain lines by the chunk and by the line, and lines full of numbers and metrics."""
    plain = log_of(PLAIN)
    naive = Peer("re.search of `name=number` a line", _microseconds(plain, partial(_search, plain)))
    ours = _microseconds(plain, partial(_read, plain, CHUNK))
    yield Row("plain line, in chunks of 256 KiB", ours, "µs", naive, Bar(2))
    size = len(plain) / _LINES
    rates = size / ours, Peer(naive.name, size / naive.value)
    yield Row(f"plain lines of {size:.0f} B", rates[0], "MB/s", rates[1])
    lines = plain.splitlines(keepends=True)
    yield Row(
        "plain line, fed one by one", _microseconds(plain, partial(_feed, lines)), "µs", naive
    )

    for figure, texts in (("line of settings", SETTINGS), ("line with metrics", METRICS)):
        log = log_of(texts)
        peer = Peer(naive.name, _microseconds(log, partial(_search, log)))
        yield Row(figure, _microseconds(log, partial(_read, log, CHUNK)), "µs", peer)
    points = _read(log_of(METRICS), CHUNK)
    if len(points) < _LINES:
        raise ValueError(f"{len(points)} points were found in {_LINES} lines of metrics")
    kept = min(durations(lambda: Series().extend(points), _ROUNDS)) / len(points) * 1e6
    yield Row("point kept in a series of 1,000", kept, "µs")


def log_of(lines: Sequence[bytes]) -> bytes:
    """Return a log of about 2,500 lines."""
    return b"\n".join(list(lines) * (_LINES // len(lines))) + b"\n"


def _microseconds(log: bytes, read: Callable[[], object]) -> float:
    return min(durations(read, _ROUNDS, warm_up=1)) / log.count(b"\n") * 1e6


def _read(log: bytes, size: int) -> list[Point]:
    return _feed([log[start : start + size] for start in range(0, len(log), size)])


def _feed(chunks: list[bytes]) -> list[Point]:
    reader = MetricReader()
    return [point for chunk in chunks for point in reader.feed(chunk)]


def _search(log: bytes) -> int:
    return sum(_NAIVE.search(line) is not None for line in log.split(b"\n"))
