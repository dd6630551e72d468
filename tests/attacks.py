"""Texts that try to break out of where they are shown.

Whatever shows a name, a tag, a log line, an error or a file's name shows these as text: no script
runs (`window.intruded` stays undefined), no dialog opens, nothing is asked of `HOST`.
"""

from __future__ import annotations

HOST = "intruder.invalid"

SCRIPT = "window.intruded=1;alert(1)"

HTML = (
    f"<script>{SCRIPT}</script>",
    f'<img src="x" onerror="{SCRIPT}">',
    f'<img src="http://{HOST}/pixel.png">',
    f'"><svg onload="{SCRIPT}">',
    f"'><body onload='{SCRIPT}'>",
    f"</pre></div></textarea></title></style><script>{SCRIPT}</script>",
    f'<iframe srcdoc="<script>parent.{SCRIPT}</script>"></iframe>',
    f'<a href="javascript:{SCRIPT}">link</a>',
    f'<link rel="stylesheet" href="http://{HOST}/style.css">',
    f"<style>@import 'http://{HOST}/style.css';</style>",
    f'<div style="background:url(http://{HOST}/bg.png)">',
    f'<meta http-equiv="refresh" content="0;url=http://{HOST}/">',
    f'<form action="http://{HOST}/"><input name="location"></form>',
    '<button data-commandlinker-command="submarine:delete-experiment">x</button>',
    f"<!--><img src=x onerror={SCRIPT}>-->",
    f"&lt;script&gt;{SCRIPT}&lt;/script&gt; &#60;b&#62;",
    f"${{{{constructor.constructor('{SCRIPT}')()}}}}",
    rf"$\href{{javascript:{SCRIPT}}}{{x}}$ \(\unicode{{<img src=x onerror={SCRIPT}>}}\)",
    f"[x](javascript:{SCRIPT}) ![x](http://{HOST}/pixel.png)",
)

TERMINAL = (
    "\x1b[31mred\x1b[0m",
    "\x1b[2J\x1b[3;4Hmoved",
    "\x1b]0;title\x07titled",
    f"\x1b]8;;javascript:{SCRIPT}\x07link\x1b]8;;\x07",
    f"\x1b]8;;http://{HOST}/\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;aW50cnVkZWQ=\x07clipboard",
    "\x1bP+q544e\x1b\\device",
    f"\x1b[31m<script>{SCRIPT}</script>\x1b[0m",
    "over\rwritten\x08\x08\x07\x00",
    "\x9b31mc1\x9c",
)

BIDI = (
    "safe\u202egnp.exe",
    "\u2066\u2067isolated\u2069\u2069",
    "a\u200fb\u061cc",
    "line\u2028separated\u2029twice",
    "\U0001f600" + "\u0301" * 40,
)

HUGE = (
    "x" * 1_000_000,
    f"<script>{SCRIPT}</script>" * 30_000,
    "\x1b[31m" * 200_000,
)

SHORT = (*HTML, *TERMINAL, *BIDI)
"""Those that fit into a name."""

LINES = (*SHORT, *HUGE)
"""All of them, a line each once split."""
