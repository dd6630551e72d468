"""The form itself: its parts, and what a notebook's author does with it from Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from ...client import Experiment, ExperimentClient
from ...spec import ExperimentSpec
from .cells import packed_cell
from .fields import Binding, Section
from .model import FormModel
from .program import Program
from .roles import Roles
from .sections import Basics, Environment
from .server import Offer
from .submission import Submission
from .template_chooser import TemplateChooser
from .variables import Variables
from .yaml_pane import YamlPane

_MISSING = "is missing"


class ExperimentForm(ipywidgets.VBox):  # type: ignore[misc] # ipywidgets have no types
    """A form that builds a spec, shows what is wrong with it, and submits it.

    Parameters
    ----------
    spec
        What it begins with; a dict as the API has it, or a spec.
    client
        The client to submit with; None takes `ExperimentClient()`.
    provenance
        Whether notebook, git commit and packages are kept with what it submits.

    Examples
    --------
    >>> form = ExperimentForm()                                            # doctest: +SKIP
    >>> form.submit().wait()                                               # doctest: +SKIP
    """

    def __init__(
        self,
        spec: dict[str, Any] | ExperimentSpec | None = None,
        client: ExperimentClient | None = None,
        *,
        provenance: bool = True,
    ) -> None:
        client = client or ExperimentClient()
        offer = Offer.of(client)
        self._model = FormModel(packed_cell, offer.schema)
        self._binding = Binding(self._model)
        self._sections: list[Section] = [
            Basics(self._binding),
            Program(self._binding),
            Environment(self._binding, offer.environments),
            Roles(self._binding),
            Variables(self._binding),
            YamlPane(self._binding),
        ]
        if offer.templates:
            self._sections.insert(0, TemplateChooser(self._binding, offer.templates))
        self._submission = Submission(self._model, client, provenance=provenance)
        super().__init__([*(section.box for section in self._sections), self._submission.box])
        self.add_class("submarine-ExperimentForm")
        if spec is not None:
            self.spec = spec
        self._refresh()
        self._model.listen(self._refresh)

    def __repr__(self) -> str:
        name = self._model.draft.name
        return f"<ExperimentForm {name!r}>" if name else "<ExperimentForm>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Return the widget, and a line for readers that have no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data: dict[str, Any] = dict(bundle[0] if isinstance(bundle, tuple) else bundle)
        text = "A form for a new experiment; run the cell to open it."
        return {**data, "text/plain": text}

    @property
    def spec(self) -> ExperimentSpec:
        """The spec that the form holds, secret values and all; SpecError if something is wrong."""
        return self._model.spec

    @spec.setter
    def spec(self, spec: dict[str, Any] | ExperimentSpec) -> None:
        given = spec if isinstance(spec, ExperimentSpec) else ExperimentSpec.from_wire(spec)
        self._binding.touched.add("")
        self._model.take(given)

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong: field, dotted as in the API → message; empty when it can be submitted."""
        return self._model.errors

    @property
    def experiment(self) -> Experiment | None:
        """The experiment that was submitted last."""
        return self._submission.experiment

    def submit(self) -> Experiment:
        """Submit the spec; the experiment is shown below the form.

        Raises
        ------
        SpecError
            Something is wrong; `errors` has it by field.
        """
        return self._submission.submit(self.spec)

    def on_submit(self, listener: Callable[[Experiment], None]) -> None:
        """Have `listener` called with every experiment that the form submits."""
        self._submission.listen(listener)

    def _refresh(self) -> None:
        with self._binding.showing():
            for section in self._sections:
                section.refresh()
            errors = self._model.errors
            fields = [field for section in self._sections for field in section.fields]
            beside = set()
            for field in fields:
                problem = errors.get(field.path)
                # Nobody is told off for a field that is still to come.
                early = problem is not None and self._is_early(field.path, problem)
                field.show(None if early else problem)
                if problem is not None and not early:
                    beside.add(field.path)
            labels = {field.path: field.control.description for field in fields if _labelled(field)}
            self._submission.refresh(errors, _hint(errors, beside, labels))

    def _is_early(self, path: str, problem: str) -> bool:
        touched = self._binding.touched
        return problem.startswith(_MISSING) and path not in touched and "" not in touched


def _labelled(field: Any) -> bool:
    return hasattr(field.control, "description")


def _hint(errors: dict[str, str], beside: set[str], labels: dict[str, str]) -> str:
    """Return what is to be done before a submit and is told beside no field."""
    rest = {path: text for path, text in errors.items() if path not in beside}
    empty = [labels[path] for path, text in rest.items() if path in labels and _is_missing(text)]
    others = [f"{path}: {text}" for path, text in rest.items() if path not in labels]
    sentences = ([f"Still to fill in: {', '.join(empty)}"] if empty else []) + others
    return "; ".join(sentences)


def _is_missing(text: str) -> bool:
    return text.startswith(_MISSING)
