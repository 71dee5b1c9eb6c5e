"""pyzmq's core on libzmq: contexts, sockets, frames, polling, proxies."""
