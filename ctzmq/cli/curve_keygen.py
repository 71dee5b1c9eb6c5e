"""Make a pair of CURVE keys, or find the public key of a secret one.

Keys are text of 40 letters in Z85. Keep the secret key secret.
"""

from __future__ import annotations

import argparse
import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--secret", metavar="KEY", help="find the public key of this secret key")


def run(args: argparse.Namespace) -> int:
    """Print the keys."""
    import ctzmq

    try:
        if args.secret is None:
            public, secret = ctzmq.curve_keypair()
        else:
            secret = args.secret.encode()
            public = ctzmq.curve_public(secret)
    except (ctzmq.ZMQError, ctzmq.ZMQVersionError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    keys = {"public": public.decode(), "secret": secret.decode()}
    if args.json:
        print(json.dumps(keys, indent=1))
    else:
        for name, key in keys.items():
            print(f"== CURVE {name.upper()} KEY ==\n{key}")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command by itself, as `python3 -m zmq.curve_keygen`."""
    name = __spec__.name if __spec__ else __name__
    parser = argparse.ArgumentParser(prog=f"python3 -m {name}", description=__doc__)
    add_arguments(parser)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
