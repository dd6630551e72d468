"""The live view as a widget, for front ends that have no JupyterLab extension, such as VS Code."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from ..client.following import Record, View
from ..errors import SubmarineError
from .snapshot import take_snapshot
from .window import MAX_LINES, RecordWindow

if TYPE_CHECKING:
    from ..client import Experiment

_BUNDLE = Path(__file__).parent / "static" / "view.js"

_MESSAGES_PER_SECOND = 10
_BYTES_PER_SECOND = 200_000

# The view itself is 400 kB, and a notebook keeps `_esm` once for every view: so this asks the
# kernel for it. Without a kernel, as in a saved page, the snapshot's text is shown.
_LOADER = """\
const bundles = new Map();

function load(model) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The kernel does not answer.')), 10000);
    const take = message => {
      if (message.type !== 'bundle') return;
      clearTimeout(timer);
      model.off('msg:custom', take);
      if (message.error) return reject(new Error(message.error));
      const url = URL.createObjectURL(new Blob([message.source], { type: 'text/javascript' }));
      import(url).then(resolve, reject).finally(() => URL.revokeObjectURL(url));
    };
    model.on('msg:custom', take);
    model.send({ type: 'load' });
  });
}

async function render({ model, el }) {
  const key = model.get('bundle');
  if (!bundles.has(key)) bundles.set(key, load(model));
  try {
    const bundle = await bundles.get(key);
    return bundle.default.render({ model, el });
  } catch (error) {
    bundles.delete(key);
    const note = document.createElement('pre');
    note.textContent = model.get('text') + '\\n' + error.message;
    el.append(note);
  }
}

export default { render };
"""


class ExperimentView(anywidget.AnyWidget):
    """A live view of an experiment, fed by this kernel.

    It shows the last 2,000 lines, 200 kB a second at most; the whole log is on the server. In
    JupyterLab and Notebook 7 displaying the handle itself is better: that view lives on without
    the kernel.

    Parameters
    ----------
    experiment
        The handle.
    """

    _esm = _LOADER

    experiment_id = traitlets.Unicode().tag(sync=True)
    snapshot = traitlets.Dict().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    bundle = traitlets.Unicode().tag(sync=True)

    def __init__(self, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(
            experiment_id=experiment.id,
            snapshot=take_snapshot(experiment),
            text=repr(experiment),
            bundle=str(_BUNDLE.stat().st_mtime_ns) if _BUNDLE.exists() else "",
            **kwargs,
        )
        self._feed = _Feed(experiment, self.send)
        self.on_msg(self._answer)

    def close(self) -> None:
        """Take the view away; the experiment goes on."""
        self._feed.close()
        super().close()

    def _answer(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("type") == "load":
            self.send({"type": "bundle", **_bundle()})
        elif content.get("type") == "ready":
            self._feed.begin()


def _bundle() -> dict[str, str]:
    try:
        return {"source": _BUNDLE.read_text(encoding="utf-8")}
    except OSError:
        return {"error": "The view's front end is not built; install the package from its wheel."}


class _Feed:
    """Sends records to the front end: one thread follows, another sends at a bounded pace."""

    def __init__(self, experiment: Experiment, send: Any) -> None:
        self._experiment = experiment
        self._send = send
        self._window = RecordWindow()
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._restart = threading.Event()
        self._begun = False

    def begin(self) -> None:
        """Send everything that is kept, then what comes; again for each view that is opened.

        Views pass over what they have seen.
        """
        self._restart.set()
        self._wake.set()
        if not self._begun:
            self._begun = True
            for work in (self._follow, self._pass_on):
                threading.Thread(target=work, name="submarine-view", daemon=True).start()

    def close(self) -> None:
        """End both threads."""
        self._closed.set()
        self._wake.set()

    def _follow(self) -> None:
        experiment = self._experiment
        try:
            for record in experiment.client.follow(experiment.id, View(tail=MAX_LINES)):
                if self._closed.is_set():
                    return
                self._window.add(record)
                self._wake.set()
        except SubmarineError as error:
            # A thread has no cell to print to; the view shows what it has.
            failure = {"code": "Unreachable", "message": str(error), "retry": False}
            self._window.add(Record("error", "", failure))
            self._wake.set()

    def _pass_on(self) -> None:
        limit = _BYTES_PER_SECOND // _MESSAGES_PER_SECOND
        sent = 0
        while not self._closed.is_set():
            self._wake.clear()
            if self._restart.is_set():
                self._restart.clear()
                sent = 0
            messages, sent, size = self._window.take(sent, limit)
            if messages:
                self._send({"type": "records", "records": messages})
                self._closed.wait(max(1 / _MESSAGES_PER_SECOND, size / _BYTES_PER_SECOND))
            else:
                self._wake.wait()
