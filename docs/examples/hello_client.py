"""Asks the server three things, the last of which is to stop."""

import sys

import ctzmq as zmq

endpoint = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5555"

with zmq.Context() as context, context.socket(zmq.REQ) as client:
    client.connect(endpoint)
    for question in ("hello", "are you there?", "stop"):
        client.send_string(question)
        print(client.recv_string())
