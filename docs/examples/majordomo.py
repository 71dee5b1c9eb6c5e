"""A broker that knows services by name, in the manner of Majordomo, encrypted with CURVE.

A client sends the name of a service and its question. A worker says READY and its service, gets the
questions one at a time, and sends each answer back. The broker keeps what waits.
"""

import tempfile
import threading
from collections import defaultdict, deque

import ctzmq as zmq
from ctzmq.auth import create_certificates, load_certificate
from ctzmq.auth.thread import ThreadAuthenticator

READY, ANSWER, STOP = b"READY", b"ANSWER", b"STOP"


class Broker:
    """Bring questions to workers that have nothing to do, and answers back."""

    def __init__(self, clients, workers):
        self.clients, self.workers = clients, workers
        self.questions = defaultdict(deque)
        self.idle = defaultdict(deque)

    def run(self):
        """Serve until a client asks for STOP."""
        poller = zmq.Poller()
        poller.register(self.clients, zmq.POLLIN)
        poller.register(self.workers, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self.workers in ready:
                worker, command, service, *answer = self.workers.recv_multipart()
                if command == ANSWER:
                    self.clients.send_multipart(answer)
                self.idle[service].append(worker)
                self.dispatch(service)
            if self.clients in ready:
                *envelope, service, question = self.clients.recv_multipart()
                if service == STOP:
                    return
                self.questions[service].append([*envelope, question])
                self.dispatch(service)

    def dispatch(self, service):
        """Give a question to each worker that has nothing to do."""
        questions, idle = self.questions[service], self.idle[service]
        while questions and idle:
            self.workers.send_multipart([idle.popleft(), *questions.popleft()])


def work(context, endpoint, keys, service, function):
    """Be a worker."""
    with secured(context.socket(zmq.DEALER), keys) as socket:
        socket.connect(endpoint)
        socket.send_multipart([READY, service])
        try:
            while True:
                *envelope, question = socket.recv_multipart()
                socket.send_multipart([ANSWER, service, *envelope, function(question)])
        except zmq.ContextTerminated:
            pass


def secured(socket, keys):
    """Give a client's or worker's socket its keys, and the broker's public one."""
    socket.linger = 0
    socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = keys
    return socket


def listen(context, kind, secret):
    """Make one of the broker's sockets."""
    socket = context.socket(kind)
    socket.linger = 0
    socket.curve_server = True
    socket.curve_secretkey = secret
    return socket, f"tcp://127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}"


def main():
    """Run the broker, two workers and a client; in earnest each is a process."""
    with tempfile.TemporaryDirectory() as known:
        broker_public, broker_secret = zmq.curve_keypair()
        _, secret_file = create_certificates(known, "member")  # member.key lets its owner in
        keys = (*load_certificate(secret_file), broker_public)
        context = zmq.Context()
        authenticator = ThreadAuthenticator(context)
        authenticator.start()
        authenticator.configure_curve(location=known)
        clients, for_clients = listen(context, zmq.ROUTER, broker_secret)
        workers, for_workers = listen(context, zmq.ROUTER, broker_secret)
        broker = threading.Thread(target=Broker(clients, workers).run)
        services = {b"upper": bytes.upper, b"length": lambda text: b"%d" % len(text)}
        threads = [broker]
        for service, function in services.items():
            arguments = context, for_workers, keys, service, function
            threads.append(threading.Thread(target=work, args=arguments))
        for thread in threads:
            thread.start()
        with secured(context.socket(zmq.REQ), keys) as client:
            client.connect(for_clients)
            for service in services:
                client.send_multipart([service, b"how are you?"])
                print(service.decode(), client.recv().decode())
            client.linger = 1000
            client.send_multipart([STOP, b""])
            broker.join()
        authenticator.stop()
        clients.close()
        workers.close()
        context.term()  # ends the workers
        for thread in threads:
            thread.join()


main()
