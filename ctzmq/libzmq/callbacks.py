"""The types of callback functions for libzmq, which few programs need."""

from __future__ import annotations

import ctypes

#: void (*zmq_free_fn) (void *data_, void *hint_)
zmq_free_fn = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
#: void (*zmq_timer_fn) (int timer_id, void *arg)
zmq_timer_fn = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p)
#: void (*zmq_thread_fn) (void *)
zmq_thread_fn = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
