"""Environments and templates, with those that every server begins with."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# SQLite counts only in what is called INTEGER there, which has 64 bits.
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_ENVIRONMENTS_MS = 1600862964725
_TEMPLATES_MS = 1626160071451


def upgrade() -> None:
    """Create and fill the tables."""
    _create("environments", 255, _ENVIRONMENTS_MS, [_environment(*entry) for entry in _IMAGES])
    _create("templates", 32, _TEMPLATES_MS, [_template(*entry) for entry in _EXAMPLES])


def _create(name: str, longest: int, started_ms: int, specs: list[dict[str, Any]]) -> None:
    table = op.create_table(
        name,
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(longest), nullable=False, unique=True),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
    )
    op.bulk_insert(
        table,
        [
            {"name": spec["name"], "started_ms": started_ms, "count": count, "spec": _text(spec)}
            for count, spec in enumerate(specs, start=1)
        ],
    )


def _text(spec: dict[str, Any]) -> str:
    return json.dumps(spec)


_IMAGES = (
    ("notebook-env", "apache/submarine:jupyter-notebook-0.8.0"),
    ("notebook-gpu-env", "apache/submarine:jupyter-notebook-gpu-0.8.0"),
)


def _environment(name: str, image: str) -> dict[str, Any]:
    kernel = {
        "name": "submarine_jupyter_py3",
        "channels": ["defaults"],
        "condaDependencies": [],
        "pipDependencies": [],
    }
    return {
        "name": name,
        "dockerImage": image,
        "kernelSpec": kernel,
        "description": None,
        "image": None,
    }


_FLAGS = "--learning_rate={{learning_rate}} --batch_size={{batch_size}}"
_RATES = (("learning_rate", "0.01"), ("batch_size", "150"))
_EXAMPLES: tuple[tuple[str, dict[str, Any], dict[str, int], tuple[tuple[str, str], ...]], ...] = (
    (
        "tf-mnist",
        {
            "framework": "TensorFlow",
            "image": "apache/submarine:tf-mnist-with-summaries-1.0",
            "cmd": f"python /var/tf_mnist/mnist_with_summaries.py --log_dir=/train/log {_FLAGS}",
        },
        {"Ps": 1, "Worker": 1},
        _RATES,
    ),
    (
        "pytorch-mnist",
        {
            "framework": "PyTorch",
            "image": "apache/submarine:pytorch-dist-mnist-1.0",
            "cmd": "python /var/mnist.py --backend gloo",
        },
        {"Master": 1, "Worker": 1},
        (),
    ),
    (
        "quickstart",
        {
            "framework": "TensorFlow",
            "image": "apache/submarine:quickstart-0.8.0",
            "cmd": "python /opt/train.py",
        },
        {"Worker": 3},
        (),
    ),
)


def _template(
    name: str,
    program: dict[str, Any],
    replicas: dict[str, int],
    parameters: tuple[tuple[str, str], ...],
) -> dict[str, Any]:
    own = [("experiment_name", name), *parameters]
    sizes = [
        (f"spec.{role}.{field}", value)
        for role, count in replicas.items()
        for field, value in (
            ("replicas", str(count)),
            ("resourceMap.cpu", "1"),
            ("resourceMap.memory", "1024M"),
        )
    ]
    return {
        "name": name,
        "author": "submarine",
        "description": f"{name}: an example of Apache Submarine",
        "parameters": [_parameter(*entry) for entry in (*own, *sizes)],
        "experimentSpec": {
            "meta": {
                "name": "{{experiment_name}}",
                "namespace": "default",
                "framework": program["framework"],
                "cmd": program["cmd"],
                "envVars": {},
                "tags": [],
            },
            "environment": {"image": program["image"]},
            "spec": {
                role: {"replicas": count, "resources": "cpu=1,memory=1024M"}
                for role, count in replicas.items()
            },
            "code": None,
        },
    }


def _parameter(name: str, value: str) -> dict[str, str]:
    return {"name": name, "required": "false", "description": "", "value": value}
