"""Stands in for the `ssh` program: it asks for a password or not, and forwards a port itself.

FAKE_SSH_MODE says how to behave, FAKE_SSH_LOG names the file that gets one line per call.
"""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import sys
import threading
import time

PASSWORD = "secret"


def relay(source: socket.socket, target: socket.socket) -> None:
    while True:
        data = source.recv(65536)
        if not data:
            target.shutdown(socket.SHUT_WR)
            return
        target.sendall(data)


def forward(listener: socket.socket, host: str, port: int) -> None:
    near, _ = listener.accept()
    far = socket.create_connection((host, port))
    back = threading.Thread(target=relay, args=(far, near))
    back.start()
    relay(near, far)
    back.join()


def ask_for_the_password() -> None:
    for _ in range(3):
        if getpass.getpass("user@host's password: ") == PASSWORD:
            return
        print("Permission denied, please try again.", flush=True)
    sys.exit(255)


def main(arguments: list[str], mode: str) -> None:
    with open(os.environ["FAKE_SSH_LOG"], "a") as log:
        print(json.dumps(arguments), file=log)
    options = arguments[: arguments.index("--")]
    if "-O" in options:
        if mode not in ("master", "stubborn master"):
            sys.exit("Control socket connect(none): No such file or directory")
        if "check" in options:
            print("Master running (pid=4242)")
        elif mode == "stubborn master":
            sys.exit("mux_client_forward: forwarding request failed")
        return
    if mode == "unknown host":
        print("Are you sure you want to continue connecting (yes/no)? ", end="", flush=True)
        input()
    elif mode == "unreachable":
        print("ssh: connect to host host port 22: Connection refused", flush=True)
        sys.exit(255)
    elif mode == "denied":
        # What says so looks like a question, and the password is typed into the void.
        print("user@host: Permission denied (publickey,password).", flush=True)
        time.sleep(float(os.environ.get("FAKE_SSH_DELAY", "0")))
        sys.exit(255)
    elif mode == "silent":
        signal.pause()
    elif mode == "password":
        ask_for_the_password()
    if "-L" not in options:
        return
    address, local, host, port = options[options.index("-L") + 1].split(":")
    listener = socket.create_server((address, int(local)))
    # The end of the parent, which leads the terminal's session, hangs up on what is left of it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
        signal.alarm(40)
        forward(listener, host, int(port))


if __name__ == "__main__":
    main(sys.argv[1:], os.environ["FAKE_SSH_MODE"])
