"""A Jupyter kernel executes code, is interrupted, and is restarted."""

# mypy: ignore-errors

from __future__ import annotations

import sys

from jupyter_client.manager import start_new_kernel

PATIENCE = 60


def outputs(client, code):
    """Run code in the kernel; return its reply, and the messages that it published."""
    messages = []
    reply = client.execute_interactive(code, timeout=PATIENCE, output_hook=messages.append)
    return reply["content"], messages


def result(client, code):
    """Run an expression in the kernel; return what it is, as text."""
    content, messages = outputs(client, code)
    assert content["status"] == "ok", content
    (text,) = (
        message["content"]["data"]["text/plain"]
        for message in messages
        if message["msg_type"] == "execute_result"
    )
    return text


def wait_for_output(client, text):
    """Wait until the kernel has printed something."""
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "stream" and text in message["content"]["text"]:
            return


def main():
    """Work a kernel."""
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=PATIENCE)
    try:
        assert result(client, "import sys; sys.executable") == repr(sys.executable)
        where = result(client, "import zmq; zmq.Socket.__module__")
        assert result(client, "6 * 7") == "42"

        client.execute("import time; kept = 1; print('begun', flush=True); time.sleep(600)")
        wait_for_output(client, "begun")
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=PATIENCE)["content"]
        assert reply["status"] == "error", reply
        assert reply["ename"] == "KeyboardInterrupt", reply
        assert result(client, "kept") == "1"

        manager.restart_kernel()
        client.wait_for_ready(timeout=PATIENCE)
        content, _ = outputs(client, "kept")
        assert content["ename"] == "NameError", content
        assert result(client, "'again'") == "'again'"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print("executed, interrupted and restarted a kernel whose Socket is of", where)


if __name__ == "__main__":
    main()
