"""A web server on eventlet whose pages come from a service that speaks ZeroMQ."""

import eventlet

eventlet.monkey_patch()

import urllib.request

import eventlet.wsgi

import ctzmq.green as zmq

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
        eventlet.sleep(0.05)
        socket.send_multipart([*envelope, b"this is " + question])

    while True:
        *envelope, question = socket.recv_multipart()
        eventlet.spawn(answer, envelope, question)


def get(port, path):
    """Be a browser."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as page:
        return page.read().decode()


with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
    router.bind(SERVICE)
    service = eventlet.spawn(serve, router)
    listener = eventlet.listen(("127.0.0.1", 0))
    server = eventlet.spawn(eventlet.wsgi.server, listener, application, log_output=False)
    port = listener.getsockname()[1]
    for page in eventlet.GreenPool().imap(lambda number: get(port, f"/{number}"), range(5)):
        print(page)
    server.kill()
    service.kill()
