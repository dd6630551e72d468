"""The program of the form: a command, a cell of this notebook, or code from git."""

from __future__ import annotations

from html import escape
from typing import Any

from ...spec.program import decode_cell
from .anywidgets import SecretField
from .draft import CELL, COMMAND, GIT, Draft
from .fields import Binding, Field, Section, choose, note, row

_KINDS = [("A command", COMMAND), ("A cell of this notebook", CELL), ("Code from git", GIT)]
_SHOWN_LINES = 12


class Program(Section):
    """What runs in every replica."""

    def __init__(self, binding: Binding) -> None:
        super().__init__(binding)
        self._kind = binding.choice("program", "Program", self.model.choose_program)
        self._cmd = binding.text(
            "meta.cmd", "Command", lambda text: self.model.edit(cmd=text), long=True
        )
        self._cmd.control.placeholder = "python train.py"
        self._number = binding.text("cell", "Cell number", self.model.choose_cell)
        self._number.control.placeholder = "3 for In[3]"
        self._source = note()
        self._url = self._git_field("url", "Repository")
        self._url.control.placeholder = "https://host/team/code.git"
        self._branch = self._git_field("branch", "Branch")
        self._user = self._git_field("username", "Git user")
        self._password = SecretField("Git password", lambda text: self._set_git("password", text))
        self._shown: str | None = None

    def refresh(self) -> None:
        """Show what the model holds."""
        draft = self.model.draft
        choose(self._kind.control, _KINDS, draft.program)
        self._show_kind(draft.program)
        if draft.program == CELL:
            self._show_cell(draft)
        else:
            self._cmd.control.value = draft.cmd
        for key, field in (("url", self._url), ("branch", self._branch), ("username", self._user)):
            field.control.value = str(draft.git.get(key) or "")
        self._password.show(str(draft.git.get("password") or ""))

    def _show_kind(self, kind: str) -> None:
        if kind == self._shown:
            return
        self._shown = kind
        if kind == CELL:
            self.fields = [self._kind, self._number]
            self.box.children = (row(self._kind.box, self._number.box), self._source)
            return
        self.fields = [self._kind, self._cmd]
        rows: list[Any] = [row(self._kind.box), self._cmd.box]
        if kind == GIT:
            access = Field("code.git.password", self._password)
            self.fields += [self._url, self._branch, self._user, access]
            rows.insert(1, row(self._url.box, self._branch.box))
            rows.insert(2, row(self._user.box, access.box))
        self.box.children = tuple(rows)

    def _show_cell(self, draft: Draft) -> None:
        self._number.control.value = self.model.number
        lines = (decode_cell(draft.cmd) or "").splitlines()
        shown = "\n".join(lines[:_SHOWN_LINES]) + ("\n…" if len(lines) > _SHOWN_LINES else "")
        self._source.value = f"<pre>{escape(shown)}</pre>" if lines else ""

    def _git_field(self, key: str, label: str) -> Field:
        return self.binding.text(f"code.git.{key}", label, lambda text: self._set_git(key, text))

    def _set_git(self, key: str, text: str) -> None:
        with self.model.lock:
            git = {**self.model.draft.git, key: text}
            self.model.edit(git={name: value for name, value in git.items() if value != ""})
