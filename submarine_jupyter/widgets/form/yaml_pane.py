"""The spec of the form as YAML, to look at, copy, and paste back."""

from __future__ import annotations

import ipywidgets

from .fields import Binding, Field, Section


class YamlPane(Section):
    """A text that follows the fields, and fills them when it is changed."""

    def __init__(self, binding: Binding) -> None:
        super().__init__(binding)
        # Taken when it is left: half a line is no YAML.
        self._text = ipywidgets.Textarea(description="YAML", rows=12, continuous_update=False)
        binding.hear("yaml", self._text, self.model.take_yaml)
        field = Field("yaml", self._text)
        self.fields = [field]
        # A button, and no accordion: that one's heading cannot be reached by keyboard.
        opener = ipywidgets.ToggleButton(
            description="Spec as YAML", tooltip="Show the spec, to copy it or to paste another"
        )
        opener.observe(lambda change: self._open(change["new"]), "value")
        self._pane = field.box
        self.box.children = (opener,)

    def _open(self, wanted: bool) -> None:
        with self.model.lock:
            self.box.children = (self.box.children[0], *([self._pane] if wanted else []))

    def refresh(self) -> None:
        """Show the spec, or the text that was refused."""
        self._text.value = self.model.yaml_text
