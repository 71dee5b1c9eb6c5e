"""Send NumPy arrays, and receive them, without copying their numbers."""

import numpy as np

import ctzmq as zmq


def send_array(socket, array):
    """Send an array as two parts: what it is, and its memory, which must not change until sent."""
    array = np.ascontiguousarray(array)
    socket.send_json({"dtype": array.dtype.str, "shape": array.shape}, zmq.SNDMORE)
    return socket.send(array, copy=False, track=True)


def recv_array(socket):
    """Receive an array whose numbers lie where libzmq has put them; it is read-only."""
    what = socket.recv_json()
    frame = socket.recv(copy=False)
    return np.frombuffer(frame, dtype=what["dtype"]).reshape(what["shape"])


with zmq.Context() as context, context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as other:
    one.bind("inproc://arrays")
    other.connect("inproc://arrays")
    image = np.arange(3_000_000, dtype=np.float32).reshape(1000, 1000, 3)
    tracker = send_array(one, image)
    received = recv_array(other)
    print(received.shape, received.dtype, bool((received == image).all()))
    print("the same memory:", received.ctypes.data == image.ctypes.data)
    print("libzmq is done with it:", tracker.done)
    del received
    tracker.wait(10)
    print("and now:", tracker.done)
