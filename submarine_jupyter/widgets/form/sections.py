"""Name, framework and environment of the form."""

from __future__ import annotations

from .fields import Binding, Section, choose, row


class Basics(Section):
    """What the experiment is called, and which framework it has."""

    def __init__(self, binding: Binding) -> None:
        super().__init__(binding)
        edit = self.model.edit
        self._name = binding.text("meta.name", "Name", lambda text: edit(name=text))
        self._framework = binding.choice("meta.framework", "Framework", self.model.choose_framework)
        self._tags = binding.text("meta.tags", "Tags", lambda text: edit(tags=text))
        self._tags.control.placeholder = "separated by commas"
        self.fields = [self._name, self._framework, self._tags]
        self.box.children = (row(*(field.box for field in self.fields)),)

    def refresh(self) -> None:
        """Show what the model holds."""
        draft = self.model.draft
        self._name.control.value = draft.name
        self._tags.control.value = draft.tags
        names = [(name, name) for name in self.model.roles_by_framework]
        choose(self._framework.control, names, draft.framework)


class Environment(Section):
    """Where the program runs: an image, and an environment that the server has by name."""

    def __init__(self, binding: Binding, names: list[str]) -> None:
        super().__init__(binding)
        edit = self.model.edit
        self._names = names
        self._image = binding.text("environment.image", "Image", lambda text: edit(image=text))
        self._image.control.placeholder = "none: the interpreter of this notebook or of the server"
        self._named = binding.choice(
            "environment.name", "Environment", lambda name: edit(environment=name)
        )

    def refresh(self) -> None:
        """Show what the model holds; no list where the server has no environments."""
        draft = self.model.draft
        self._image.control.value = draft.image
        self.fields = [self._image]
        if self._names or draft.environment:
            self.fields.append(self._named)
            options = [("none", ""), *((name, name) for name in self._names)]
            choose(self._named.control, options, draft.environment)
        boxes = tuple(field.box for field in self.fields)
        if not self.box.children or self.box.children[0].children != boxes:
            self.box.children = (row(*boxes),)
