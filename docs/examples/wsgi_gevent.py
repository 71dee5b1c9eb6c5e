"""A web server on gevent whose pages come from a service that speaks ZeroMQ."""

from gevent import monkey

monkey.patch_all()

import urllib.request

import gevent
import gevent.pool
from gevent.pywsgi import WSGIServer

import ctzmq.green.gevent as zmq

SERVICE = "inproc://service"  # in another process: tcp://127.0.0.1:5555
PATIENCE = 2000  # milliseconds


def application(environ, start_response):
    """Answer one request. Each has its own socket; all have one context."""
    with context.socket(zmq.REQ) as service:
        service.linger = 0
        service.rcvtimeo = PATIENCE
        service.connect(SERVICE)
        service.send_string(environ["PATH_INFO"])
        try:
            status, body = "200 OK", service.recv()
        except zmq.Again:
            status, body = "504 Gateway Timeout", b"the service does not answer"
    start_response(status, [("Content-Type", "text/plain")])
    return [body]


def serve(socket):
    """Be the service, which may be slow: each question is answered in a greenlet."""

    def answer(envelope, question):
        gevent.sleep(0.05)
        socket.send_multipart([*envelope, b"this is " + question])

    while True:
        *envelope, question = socket.recv_multipart()
        gevent.spawn(answer, envelope, question)


def get(path):
    """Be a browser."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}") as page:
        return page.read().decode()


with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
    router.bind(SERVICE)
    service = gevent.spawn(serve, router)
    server = WSGIServer(("127.0.0.1", 0), application, log=None)
    server.start()
    for page in gevent.pool.Pool().imap(get, [f"/{number}" for number in range(5)]):
        print(page)
    server.stop()
    service.kill()
