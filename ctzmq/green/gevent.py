"""Sockets for gevent; `import ctzmq.green.gevent as zmq` replaces `import zmq.green as zmq`."""

from __future__ import annotations
