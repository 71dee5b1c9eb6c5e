"""Share work out to processes: each makes its own context, after it has begun."""

import multiprocessing
import os
import tempfile

import ctzmq as zmq


def work(endpoint):
    """Be a worker. Nothing of ZeroMQ comes from the parent but the name of its endpoint."""
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        result = None
        while True:
            socket.send_json(result)
            number = socket.recv_json()
            if number is None:
                break
            result = number**2


def main():
    """Start the workers first, then make the socket: libzmq's threads do not survive a fork."""
    with tempfile.TemporaryDirectory() as folder:
        endpoint = f"ipc://{folder}/jobs"
        workers = [multiprocessing.Process(target=work, args=(endpoint,)) for _ in range(2)]
        for worker in workers:
            worker.start()
        with zmq.Context() as context, context.socket(zmq.REP) as socket:
            socket.bind(endpoint)
            jobs, results, ended = iter(range(10)), [], 0
            while ended < len(workers):
                results.append(socket.recv_json())  # the first one of each worker is no result
                job = next(jobs, None)
                socket.send_json(job)
                ended += job is None
            for worker in workers:
                worker.join()
        print(sum(result for result in results if result is not None), flush=True)


def child_of_a_fork():
    """Show what a child finds that was forked when there was a context already."""
    context = zmq.Context.instance()
    socket = context.socket(zmq.PUSH)
    if os.fork() == 0:
        try:
            socket.send(b"from the child")
        except zmq.ZMQError as error:
            print("child: the old socket is of no use:", error.errno == zmq.ENOTSOCK)
        print("child: a new context", zmq.Context.instance() is not context, flush=True)
        os._exit(0)
    os.wait()
    socket.close()
    context.term()


if __name__ == "__main__":
    main()
    child_of_a_fork()
