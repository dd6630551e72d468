"""The API's objects as pydantic models, with the key order, coercions and defaults of the wire.

Source: the Experiment REST API document of Apache Submarine 0.7, and for `experimentHandlerSpec`
and the `git` shape of `code` version 0.8. What a value means is checked in `validation`.
"""

from __future__ import annotations

import math
import re
import reprlib
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    computed_field,
    model_serializer,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails
from typing_extensions import Self

from ..errors import Problem, SpecError
from .resources import resource_map
from .secrets import is_secret
from .status import Status


def _text(value: object) -> object:
    """Numbers and booleans become text, as the API has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("holds half of a surrogate pair, which is no character") from None
    return value


def _whole(value: object) -> object:
    """`"2"` and `1.7` are taken for whole numbers, as the API has it."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return int(value)
    return value


_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")

Text = Annotated[str, BeforeValidator(_text)]
Whole = Annotated[int, BeforeValidator(_whole)]


class Model(BaseModel):
    """Base: camelCase on the wire, unknown fields ignored, nulls always written."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    @classmethod
    def from_wire(cls, value: object) -> Self:
        """Read a JSON-like value; raises SpecError that names every field that is wrong."""
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise SpecError(_problem(detail) for detail in error.errors()) from None

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON-ready object in the API's key order."""
        return self.model_dump(mode="json", by_alias=True)


class OmitsUnset(Model):
    """A model of which some fields are written only when they were given."""

    @model_serializer(mode="wrap")
    def _serialize(self, handler: Any) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        for name in self._optional_on_wire() - self.model_fields_set:
            written.pop(to_camel(name), None)
        return written

    @classmethod
    def _optional_on_wire(cls) -> set[str]:
        raise NotImplementedError


NAMESPACE = "default"
"""What a server shows as its namespace, whatever a spec asks for."""


class ExperimentMeta(Model):
    """Name, framework, and the defaults of every role's command and environment variables."""

    experiment_id: str | None = None
    name: Text | None = None
    namespace: Annotated[
        Text, BeforeValidator(lambda value: NAMESPACE if value is None else value)
    ] = NAMESPACE
    framework: Text | None = None
    cmd: Text | None = None
    env_vars: dict[Text, Text | None] = Field(default_factory=dict)
    tags: Annotated[list[Text], BeforeValidator(lambda value: [] if value is None else value)] = (
        Field(default_factory=list)
    )


class KernelSpec(Model):
    """The packages of a predefined environment."""

    name: Text | None = None
    channels: list[Text] | None = None
    conda_dependencies: list[Text] | None = None
    pip_dependencies: list[Text] | None = None


class EnvironmentSpec(Model):
    """Where the program runs: an image, or a predefined environment by name."""

    name: Text | None = None
    docker_image: Text | None = None
    kernel_spec: KernelSpec | None = None
    description: Text | None = None
    image: Text | None = None


class Environment(Model):
    """A registered environment as the server answers it."""

    environment_id: str | None = None
    environment_spec: EnvironmentSpec


class ExperimentTaskSpec(Model):
    """One role: how many replicas, with what, running what."""

    replicas: Whole | None = 1
    resources: Text | None = None
    name: Text | None = None
    image: Text | None = None
    cmd: Text | None = None
    env_vars: dict[Text, Text | None] | None = None

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorator above property
    @property
    def resource_map(self) -> dict[str, str] | None:
        """The parsed `resources`, raw texts; only written, never read."""
        return None if self.resources is None else resource_map(self.resources)

    @property
    def replica_count(self) -> int:
        """How many replicas run; a null counts as one, as Kubernetes takes it."""
        return 1 if self.replicas is None else self.replicas


class GitCodeSpec(Model):
    """A git repository (0.8 shape)."""

    url: Text | None = None
    branch: Text | None = "main"
    username: Text | None = None
    password: Text | None = None
    trust_certs: bool | None = None


class CodeSpec(OmitsUnset):
    """Where the program's code comes from; answered in the shape it was sent in (0.7 or 0.8)."""

    sync_mode: Text | None = None
    url: Text | None = None
    git: GitCodeSpec | None = None

    @classmethod
    def _optional_on_wire(cls) -> set[str]:
        return {"url", "git"}


class ExperimentSpec(OmitsUnset):
    """What to run."""

    meta: ExperimentMeta
    environment: EnvironmentSpec
    spec: dict[Text, ExperimentTaskSpec]
    experiment_handler_spec: dict[Text, Text | None] | None = None
    code: CodeSpec | None = None

    @classmethod
    def _optional_on_wire(cls) -> set[str]:
        return {"experiment_handler_spec"}

    def command_of(self, role: str) -> str:
        """Return the command of a role: its own, else the common one, else an empty text."""
        return self.spec[role].cmd or self.meta.cmd or ""

    def env_of(self, role: str) -> dict[str, str]:
        """Return the environment variables of a role: its own replace the common ones whole."""
        own = self.spec[role].env_vars
        variables = self.meta.env_vars if own is None else own
        return {name: value or "" for name, value in variables.items()}


class Experiment(Model):
    """An experiment as the server answers it; times are ISO 8601 with milliseconds, or null."""

    experiment_id: str | None = None
    uid: str | None = None
    status: Status
    accepted_time: str | None = None
    created_time: str | None = None
    running_time: str | None = None
    finished_time: str | None = None
    spec: ExperimentSpec


class PodLog(Model):
    """The log lines of one pod."""

    pod_name: str
    pod_log: list[str] = Field(default_factory=list)


class ExperimentLog(Model):
    """The logs of an experiment, a pod each."""

    experiment_id: str
    log_content: list[PodLog] = Field(default_factory=list)


class Envelope(Model):
    """What every answer of the API is wrapped in."""

    status: str
    code: int
    success: bool | None = None
    message: str | None = None
    result: Any = None
    attributes: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def of(cls, result: object, attributes: dict[str, Any] | None = None) -> Self:
        """Wrap a JSON-ready result."""
        return cls(status="OK", code=200, success=True, result=result, attributes=attributes or {})

    @classmethod
    def of_error(cls, code: int, message: str, attributes: dict[str, Any] | None = None) -> Self:
        """Wrap an error; `success` is null then, as the API has it."""
        name = HTTPStatus(code).name
        return cls(status=name, code=code, message=message, attributes=attributes or {})


_KINDS = {
    "missing": "is missing",
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
}


def _problem(detail: ErrorDetails) -> Problem:
    field = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "missing":
        return Problem(field, "is missing; " + _REQUIRED.get(field, "it must be given"))
    if detail["type"] == "value_error":
        return Problem(field, detail["msg"].removeprefix("Value error, "))
    kind = _KINDS.get(detail["type"], detail["msg"])
    if is_secret(field.rpartition(".")[2]):
        return Problem(field, kind)
    # Of a large or nested value only a little is ever looked at.
    return Problem(field, f"{kind}, not {reprlib.repr(detail['input'])}")


_REQUIRED = {
    "meta": "give a mapping with name, framework and cmd",
    "environment": 'give a mapping, such as {"image": "..."}; it may be empty',
    "spec": 'give the roles, such as {"Worker": {"replicas": 1, "resources": "cpu=1,memory=1G"}}',
}
