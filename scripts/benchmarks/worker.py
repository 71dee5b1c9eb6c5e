"""The process that is measured: makes one workload, then runs it as often as it is told.

Its one argument is a JSON object: ``module`` (what stands for zmq), ``workload`` and what that
needs. It prints an empty line when it is ready; for each line with a count on its standard input
it prints what so many operations took, and it ends when its input does.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from time import perf_counter, process_time

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read_counts(counts: queue.SimpleQueue[int]) -> None:
    """Pass the counts on; end the process at once when nobody can want an answer any more."""
    for line in sys.stdin:
        counts.put(int(line))
    os._exit(0)


def main() -> None:
    """Make the workload and run it."""
    from benchmarks.workloads import WORKLOADS, Setup

    spec = json.loads(sys.argv[1])
    loop = WORKLOADS[spec["workload"]](Setup(spec))
    counts: queue.SimpleQueue[int] = queue.SimpleQueue()
    threading.Thread(target=read_counts, args=(counts,), daemon=True).start()
    print(flush=True)
    clock = process_time if spec["clock"] == "cpu" else perf_counter
    while True:
        count = counts.get()
        start = clock()
        measured = loop(count)
        took = clock() - start
        print(took if measured is None else measured, flush=True)


if __name__ == "__main__":
    main()
