"""git asks this for a name and a password: `python credentials.py FILE PROTOCOL HOST get`.

It answers for the server that they were given for alone: a redirect or a submodule may lead to
another. Nothing of them is in an argument or a variable.
"""

import json
import sys


def main(file: str, protocol: str, host: str, operation: str) -> None:
    """Answer one question of git's."""
    asked = dict(line.rstrip("\n").partition("=")[::2] for line in sys.stdin if "=" in line)
    if operation != "get" or (asked.get("protocol"), asked.get("host")) != (protocol, host):
        return
    with open(file, encoding="utf-8") as stored:  # noqa: PTH123 - it is small by importing little
        credentials = json.load(stored)
    sys.stdout.write(f"username={credentials['username']}\npassword={credentials['password']}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
