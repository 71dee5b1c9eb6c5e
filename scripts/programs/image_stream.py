"""imagezmq carries pictures: arrays and JPEGs, to a hub that answers and to one that listens."""

# mypy: ignore-errors

from __future__ import annotations

import threading

import imagezmq
import numpy as np
import zmq

PICTURES = 50
PATIENCE = 30_000
JPEG = bytes(range(256)) * 400


def pictures():
    """Make pictures of several types; every other one does not lie in one piece of memory."""
    generator = np.random.default_rng(9)
    for number in range(PICTURES):
        dtype = (np.uint8, np.float32)[number // 2 % 2]
        picture = (generator.random((120, 160, 3)) * 255).astype(dtype)
        yield f"picture {number}", picture[:, ::2] if number % 2 else picture


def answered():
    """Send to a hub that answers each picture."""
    with imagezmq.ImageHub(open_port="tcp://127.0.0.1:*") as hub:
        endpoint = hub.zmq_socket.get_string(zmq.LAST_ENDPOINT)
        received = []

        def serve():
            for _ in range(PICTURES):
                received.append(hub.recv_image())
                hub.send_reply(b"got " + received[-1][0].encode())
            received.append(hub.recv_jpg())
            hub.send_reply()

        thread = threading.Thread(target=serve)
        thread.start()
        with imagezmq.ImageSender(connect_to=endpoint) as sender:
            sender.zmq_socket.rcvtimeo = PATIENCE
            for name, picture in pictures():
                assert sender.send_image(name, picture) == b"got " + name.encode()
            assert sender.send_jpg("a JPEG", JPEG) == b"OK"
        thread.join()
        *images, (name, jpeg) = received
        compare(images)
        assert (name, bytes(jpeg)) == ("a JPEG", JPEG)


def heard():
    """Send to a hub that only listens, once it does."""
    with imagezmq.ImageSender(connect_to="tcp://127.0.0.1:*", REQ_REP=False) as sender:
        endpoint = sender.zmq_socket.get_string(zmq.LAST_ENDPOINT)
        with imagezmq.ImageHub(open_port=endpoint, REQ_REP=False) as hub:
            while not hub.zmq_socket.poll(20):
                sender.send_jpg("are you there", b"?")
            sender.send_jpg("a JPEG", JPEG)
            for name, picture in pictures():
                sender.send_image(name, picture)
            hub.zmq_socket.rcvtimeo = PATIENCE
            name = "are you there"
            while name == "are you there":
                name, jpeg = hub.recv_jpg()
            assert (name, bytes(jpeg)) == ("a JPEG", JPEG)
            compare([hub.recv_image() for _ in range(PICTURES)])


def compare(received):
    """Check that what was received is what was sent."""
    for (name, picture), (other_name, other) in zip(pictures(), received):
        assert name == other_name
        assert picture.dtype == other.dtype
        assert np.array_equal(picture, other)


def main():
    """Send in both ways."""
    answered()
    heard()
    print(2 * PICTURES, "pictures and two JPEGs arrived")


if __name__ == "__main__":
    main()
