"""Make a pair of CURVE keys, or find the public key of a secret one.

Keys are text of 40 letters in Z85. Keep the secret key secret: in a file that only you can read,
and never in the arguments of a command, which others on the machine can see.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence

_SECRET = re.compile(
    r'(?:secret-key\s*=\s*"|"secret":\s*"|SECRET KEY ==\s*|\A\s*)(\S{40})(?:"|\s|\Z)'
)
"""The secret key in a certificate, in what this command prints, or alone."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--secret",
        metavar="FILE",
        help="find the public key of the secret key in this file: the key alone, a certificate, or "
        "what this command has printed; - is the standard input. The key itself will do, too, but "
        "others can see the arguments of a command",
    )


def run(args: argparse.Namespace) -> int:
    """Print the keys."""
    import ctzmq

    try:
        if args.secret is None:
            public, secret = ctzmq.curve_keypair()
        else:
            secret = _secret(args.secret)
            public = ctzmq.curve_public(secret)
    except (ctzmq.ZMQError, ctzmq.ZMQVersionError, ValueError, OSError) as error:
        if isinstance(error, OSError):
            error = ValueError(f"cannot read {args.secret!r}: {error.strerror}")
        print(f"ctzmq curve-keygen: {error}", file=sys.stderr)
        return 1
    keys = {"public": public.decode(), "secret": secret.decode()}
    if args.json:
        print(json.dumps(keys, indent=1))
    else:
        for name, key in keys.items():
            print(f"== CURVE {name.upper()} KEY ==\n{key}")
    return 0


def _secret(name: str) -> bytes:
    if len(name) == 40 and not os.path.exists(name):
        return name.encode()  # the key itself, as pyzmq's command takes it
    try:
        if name == "-":
            text = sys.stdin.read() if sys.stdin is not None else ""
        else:
            with open(name, encoding="utf-8") as file:
                text = file.read()
    except UnicodeDecodeError:
        text = ""
    found = _SECRET.search(text)
    if found is None:
        where = "the standard input" if name == "-" else name
        raise ValueError(f"there is no secret key of 40 letters in {where}")
    return found[1].encode()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command by itself, as `python3 -m zmq.curve_keygen`."""
    name = __spec__.name if __spec__ else __name__
    parser = argparse.ArgumentParser(prog=f"python3 -m {name}", description=__doc__)
    add_arguments(parser)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
