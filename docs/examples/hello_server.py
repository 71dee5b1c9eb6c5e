"""Answers questions, one after the other, until it is told to stop."""

import sys

import ctzmq as zmq

endpoint = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5555"

with zmq.Context() as context, context.socket(zmq.REP) as server:
    server.bind(endpoint)
    while True:
        question = server.recv_string()
        server.send_string(f"You said: {question}")
        if question == "stop":
            break
