"""The live view as a widget, for front ends that have no JupyterLab extension, such as VS Code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from .feed import Feed
from .snapshot import take_snapshot

if TYPE_CHECKING:
    from ..client import Experiment

_BUNDLE = Path(__file__).parent / "static" / "view.js"

# The view itself is 400 kB, and a notebook keeps `_esm` once for every view: so this asks the
# kernel for it. A kernel answers when its cell has ended, and in a saved page there is none: until
# the answer comes the snapshot's text is shown. The host shows nothing before `render` returns.
_LOADER = """\
const bundles = new Map();

function render({ model, el }) {
  const key = model.get('bundle');
  const note = document.createElement('pre');
  let dispose;
  let isGone = false;

  const say = text => {
    note.textContent = model.get('text') + '\\n' + text;
  };
  const show = bundle => {
    if (isGone) return;
    note.remove();
    dispose = bundle.default.render({ model, el });
  };
  const take = async message => {
    if (message.type !== 'bundle') return;
    model.off('msg:custom', take);
    if (message.error) return say(message.error);
    const url = URL.createObjectURL(new Blob([message.source], { type: 'text/javascript' }));
    try {
      bundles.set(key, await import(url));
      show(bundles.get(key));
    } catch (error) {
      say(error.message);
    } finally {
      URL.revokeObjectURL(url);
    }
  };

  if (bundles.has(key)) {
    show(bundles.get(key));
  } else {
    say('Waiting for the kernel; the live view comes when it is free.');
    el.append(note);
    model.on('msg:custom', take);
    model.send({ type: 'load' });
  }
  return () => {
    isGone = true;
    model.off('msg:custom', take);
    dispose?.();
  };
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
        self._feed = Feed(experiment, self.send)
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
