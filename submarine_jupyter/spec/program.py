"""A notebook cell as the ``cmd`` of an experiment.

The cell travels inside the command itself, so it runs wherever the experiment runs, with nothing
to upload. Servers disagree on how a command becomes arguments: Apache Submarine splits at blanks
and starts no shell, others follow the shell's rules. So no argument made here holds a blank, a
quote, a backslash or a dollar sign, and both ways give the same program::

    python -c <loader> <runner> <cell> <cell> …

``loader`` is an expression that unpacks and executes ``runner``; ``runner`` unpacks the cell and
executes it as ``__main__``. It works with Python 3.8 and later.
"""

from __future__ import annotations

import base64
import zlib

from ..errors import Problem, SpecError

MAX_ARGUMENT = 60_000
"""Characters in one argument; Linux takes fewer than 131,072 bytes."""

MAX_COMMAND = 1_500_000
"""Characters in the whole command; Linux takes about 2 MB of arguments and environment."""

# Without quotes a name can still be had as the key of a dict.
_LOADER = (
    "exec(__import__(*dict(zlib=0)).decompress(__import__(*dict(base64=0))"
    ".urlsafe_b64decode(__import__(*dict(sys=0)).argv[1])))"
)

# Leading "<string>" entries of a traceback are the loader and this runner.
# __file__ is made only when asked for: multiprocessing's spawned children import it, inspect
# reads classes from it, and most programs need neither.
# traceback is imported early because importing it while a KeyboardInterrupt is on its way out
# evaluates code, which makes the interpreter forget to end by SIGINT.
_RUNNER = """\
def run():
    import base64, linecache, os, sys, traceback, types, zlib

    payload = zlib.decompress(base64.urlsafe_b64decode("".join(sys.argv[2:])))
    first_line, name, source = payload.decode("utf-8").split("\\n", 2)
    source = "\\n" * (int(first_line) - 1) + source
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)

    class Main(types.ModuleType):
        def __getattr__(self, attribute):
            if attribute != "__file__":
                raise AttributeError("module '__main__' has no attribute " + repr(attribute))
            import atexit, tempfile

            handle, path = tempfile.mkstemp(".py", "cell-")
            with open(handle, "w", encoding="utf-8") as file:
                file.write(source)
            maker = os.getpid()
            atexit.register(lambda: os.getpid() == maker and os.unlink(path))
            sys.modules["__main__"].__dict__["__file__"] = path
            return path

    def show(kind, error, trace):
        while trace is not None and trace.tb_frame.f_code.co_filename == "<string>":
            trace = trace.tb_next
        traceback.print_exception(kind, error, trace)

    sys.argv[:] = [name]
    if sys.path and sys.path[0] == "":
        sys.path[0] = os.getcwd()
    sys.excepthook = show
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True)
    launcher = sys.modules["__main__"]
    main = sys.modules["__main__"] = Main("__main__")
    exec(compile(source, name, "exec", dont_inherit=True), main.__dict__)


run()
"""


def encode_cell(source: str, filename: str, first_line: int = 1) -> str:
    """Return a ``cmd`` that runs Python source anywhere.

    Parameters
    ----------
    source
        The program's text.
    filename
        What tracebacks call it, such as ``Cell In[5]``; also ``sys.argv[0]``.
    first_line
        The number of the source's first line, from 1.

    Raises
    ------
    SpecError
        The source does not fit into a command line, or is not text that UTF-8 can hold.
    """
    name = " ".join(filename.split())
    try:
        payload = f"{first_line}\n{name}\n{source}".encode()
    except UnicodeEncodeError as error:
        message = "the program holds half of a surrogate pair, which is no character; remove it"
        raise SpecError([Problem("meta.cmd", message)]) from error
    cell = _pack(payload)
    chunks = [cell[start : start + MAX_ARGUMENT] for start in range(0, len(cell), MAX_ARGUMENT)]
    cmd = " ".join(["python", "-c", _LOADER, _pack(_RUNNER.encode()), *chunks])
    if len(cmd) > MAX_COMMAND:
        message = (
            f"the program takes {len(cmd):,} characters when packed, and a command has room for "
            f"{MAX_COMMAND:,}; keep large data in a file that it reads"
        )
        raise SpecError([Problem("meta.cmd", message)])
    return cmd


def decode_cell(cmd: str) -> str | None:
    """Return the source that ``encode_cell`` put into a ``cmd``; None for any other command."""
    arguments = cmd.split()
    if len(arguments) < 5 or arguments[1:3] != ["-c", _LOADER]:
        return None
    try:
        payload = zlib.decompress(base64.urlsafe_b64decode("".join(arguments[4:])))
        return payload.decode().split("\n", 2)[2]
    except (ValueError, zlib.error, IndexError):
        return None


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data, 9)).decode("ascii")
