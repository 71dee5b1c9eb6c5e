"""A program to be packed into one file, with the libzmq that it needs."""

import sys

import ctzmq as zmq


def main():
    """Say hello, and whether this is the packed program."""
    packed = getattr(sys, "frozen", False)
    with zmq.Context() as context, context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as two:
        one.bind("inproc://hello")
        two.connect("inproc://hello")
        two.send_string("a packed program" if packed else "a program")
        print("hello from", one.recv_string())


if __name__ == "__main__":
    main()
