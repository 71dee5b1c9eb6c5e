"""A server with several threads that ends on SIGTERM, when what it was asked is answered."""

import os
import signal
import threading

import ctzmq as zmq

THREADS = 3


def job(question):
    """Do the work. In this demonstration SIGTERM comes in the middle of it."""
    os.kill(os.getpid(), signal.SIGTERM)
    return b"done: " + question


def work(context, number):
    """Answer questions until told to stop, and leave none half done."""
    with context.socket(zmq.REP) as questions, context.socket(zmq.PAIR) as control:
        questions.connect("inproc://questions")
        control.connect(f"inproc://control-{number}")
        poller = zmq.Poller()
        poller.register(questions, zmq.POLLIN)
        poller.register(control, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if questions in ready:
                questions.send(job(questions.recv()))
            elif control in ready:
                return


def pass_on(clients, workers, control):
    """Be the broker between the clients and the threads."""
    zmq.proxy_steerable(clients, workers, None, control)


def stop_signals():
    """Return a descriptor that becomes readable when SIGTERM or Ctrl-C comes.

    A byte in a pipe is all that is safe: a handler that sets a threading.Event may find its lock
    held by the very thread that it has interrupted.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return reading


def serve(context, started):
    """Serve until SIGTERM or Ctrl-C; call `started` with the endpoint."""
    stop = stop_signals()
    clients, workers = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    controls = [context.socket(zmq.PAIR) for _ in range(THREADS)]
    broker_control = context.socket(zmq.PAIR)
    port = clients.bind_to_random_port("tcp://127.0.0.1")
    workers.bind("inproc://questions")
    broker_control.bind("inproc://broker")
    for number, control in enumerate(controls):
        control.bind(f"inproc://control-{number}")
    threads = [threading.Thread(target=work, args=(context, n)) for n in range(THREADS)]
    broker = threading.Thread(target=pass_on, args=(clients, workers, broker_control))
    for thread in (*threads, broker):
        thread.start()
    started(f"tcp://127.0.0.1:{port}")

    os.read(stop, 1)
    for control in controls:
        control.send(b"stop")  # waits for a thread that has only begun; a PUB would drop it
    for thread in threads:
        thread.join()  # each has answered what it was asked
    with context.socket(zmq.PAIR) as end:
        end.connect("inproc://broker")
        end.send(b"TERMINATE")
        broker.join()
    while workers.poll(0):  # the last answers, which the broker has not passed on
        clients.send_multipart(workers.recv_multipart())
    for socket in (clients, workers, broker_control, *controls):
        socket.close(linger=1000)  # answers have a second to leave


def ask(endpoint):
    """Be a client."""
    with zmq.Context() as context, context.socket(zmq.REQ) as client:
        client.connect(endpoint)
        client.send(b"a long job")
        print(client.recv().decode())


def demonstrate(endpoint):
    """Ask from another thread, as another program would."""
    asking.append(threading.Thread(target=ask, args=(endpoint,)))
    asking[0].start()


asking = []
with zmq.Context() as context:
    serve(context, demonstrate)
asking[0].join()
print("ended")
