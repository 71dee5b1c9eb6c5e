"""zmq.h as a table: every function in the header's order, with its types and first release.

A function gets its types when it is first used. Calls release the GIL and keep their `errno` for
`ctypes.get_errno`. The few functions that each message needs have faster versions in `calls`.
"""

from __future__ import annotations

from ctypes import (
    c_char_p,
    c_int,
    c_long,
    c_short,
    c_size_t,
    c_uint32,
    c_uint64,
    c_ulong,
    c_void_p,
)
from typing import Any, Callable

from . import loader
from .structs import zmq_fd_t
from .unavailable import Missing

_library = loader.load().handle

#: Any address: a socket, a message, a buffer, a function of `callbacks`.
ptr = c_void_p
#: `const char *`: bytes go in and come out.
string = c_char_p
DRAFT = True

#: Name -> type of the result, types of the parameters, first release, whether it is a draft.
DECLARATIONS: dict[str, tuple[Any, ...]] = {
    # -- Run-time version ------------------------------------------------------------------------
    # void zmq_version (int *major_, int *minor_, int *patch_)
    "zmq_version": (None, (ptr, ptr, ptr), "2.0"),
    # -- Errors ----------------------------------------------------------------------------------
    # int zmq_errno (void)
    "zmq_errno": (c_int, (), "2.0.6"),
    # const char *zmq_strerror (int errnum_)
    "zmq_strerror": (string, (c_int,), "2.0"),
    # -- Context: initialisation and termination -------------------------------------------------
    # void *zmq_ctx_new (void)
    "zmq_ctx_new": (ptr, (), "3.2.0"),
    # int zmq_ctx_term (void *context_)
    "zmq_ctx_term": (c_int, (ptr,), "4.0.0"),
    # int zmq_ctx_shutdown (void *context_)
    "zmq_ctx_shutdown": (c_int, (ptr,), "4.0.0"),
    # int zmq_ctx_set (void *context_, int option_, int optval_)
    "zmq_ctx_set": (c_int, (ptr, c_int, c_int), "3.2.0"),
    # int zmq_ctx_get (void *context_, int option_)
    "zmq_ctx_get": (c_int, (ptr, c_int), "3.2.0"),
    # -- Context: the old names ------------------------------------------------------------------
    # void *zmq_init (int io_threads_)
    "zmq_init": (ptr, (c_int,), "2.0"),
    # int zmq_term (void *context_)
    "zmq_term": (c_int, (ptr,), "2.0"),
    # int zmq_ctx_destroy (void *context_)
    "zmq_ctx_destroy": (c_int, (ptr,), "3.2.0"),
    # -- Messages --------------------------------------------------------------------------------
    # int zmq_msg_init (zmq_msg_t *msg_)
    "zmq_msg_init": (c_int, (ptr,), "2.0"),
    # int zmq_msg_init_size (zmq_msg_t *msg_, size_t size_)
    "zmq_msg_init_size": (c_int, (ptr, c_size_t), "2.0"),
    # int zmq_msg_init_data (zmq_msg_t *msg_, void *data_, size_t size_, zmq_free_fn *ffn_,
    #     void *hint_)
    "zmq_msg_init_data": (c_int, (ptr, ptr, c_size_t, ptr, ptr), "2.0"),
    # int zmq_msg_send (zmq_msg_t *msg_, void *s_, int flags_)
    "zmq_msg_send": (c_int, (ptr, ptr, c_int), "3.2.0"),
    # int zmq_msg_recv (zmq_msg_t *msg_, void *s_, int flags_)
    "zmq_msg_recv": (c_int, (ptr, ptr, c_int), "3.2.0"),
    # int zmq_msg_close (zmq_msg_t *msg_)
    "zmq_msg_close": (c_int, (ptr,), "2.0"),
    # int zmq_msg_move (zmq_msg_t *dest_, zmq_msg_t *src_)
    "zmq_msg_move": (c_int, (ptr, ptr), "2.0"),
    # int zmq_msg_copy (zmq_msg_t *dest_, zmq_msg_t *src_)
    "zmq_msg_copy": (c_int, (ptr, ptr), "2.0"),
    # void *zmq_msg_data (zmq_msg_t *msg_)
    "zmq_msg_data": (ptr, (ptr,), "2.0"),
    # size_t zmq_msg_size (const zmq_msg_t *msg_)
    "zmq_msg_size": (c_size_t, (ptr,), "2.0"),
    # int zmq_msg_more (const zmq_msg_t *msg_)
    "zmq_msg_more": (c_int, (ptr,), "3.2.0"),
    # int zmq_msg_get (const zmq_msg_t *msg_, int property_)
    "zmq_msg_get": (c_int, (ptr, c_int), "3.2.0"),
    # int zmq_msg_set (zmq_msg_t *msg_, int property_, int optval_)
    "zmq_msg_set": (c_int, (ptr, c_int, c_int), "3.2.0"),
    # const char *zmq_msg_gets (const zmq_msg_t *msg_, const char *property_)
    "zmq_msg_gets": (string, (ptr, string), "4.1.0"),
    # -- Sockets ---------------------------------------------------------------------------------
    # void *zmq_socket (void *, int type_)
    "zmq_socket": (ptr, (ptr, c_int), "2.0"),
    # int zmq_close (void *s_)
    "zmq_close": (c_int, (ptr,), "2.0"),
    # int zmq_setsockopt (void *s_, int option_, const void *optval_, size_t optvallen_)
    "zmq_setsockopt": (c_int, (ptr, c_int, ptr, c_size_t), "2.0"),
    # int zmq_getsockopt (void *s_, int option_, void *optval_, size_t *optvallen_)
    "zmq_getsockopt": (c_int, (ptr, c_int, ptr, ptr), "2.0.6"),
    # int zmq_bind (void *s_, const char *addr_)
    "zmq_bind": (c_int, (ptr, string), "2.0"),
    # int zmq_connect (void *s_, const char *addr_)
    "zmq_connect": (c_int, (ptr, string), "2.0"),
    # int zmq_unbind (void *s_, const char *addr_)
    "zmq_unbind": (c_int, (ptr, string), "3.2.0"),
    # int zmq_disconnect (void *s_, const char *addr_)
    "zmq_disconnect": (c_int, (ptr, string), "3.2.0"),
    # int zmq_send (void *s_, const void *buf_, size_t len_, int flags_)
    "zmq_send": (c_int, (ptr, ptr, c_size_t, c_int), "2.0"),
    # int zmq_send_const (void *s_, const void *buf_, size_t len_, int flags_)
    "zmq_send_const": (c_int, (ptr, ptr, c_size_t, c_int), "4.0.0"),
    # int zmq_recv (void *s_, void *buf_, size_t len_, int flags_)
    "zmq_recv": (c_int, (ptr, ptr, c_size_t, c_int), "2.0"),
    # int zmq_socket_monitor (void *s_, const char *addr_, int events_)
    "zmq_socket_monitor": (c_int, (ptr, string, c_int), "3.2.1"),
    # -- Multiplexing ----------------------------------------------------------------------------
    # int zmq_poll (zmq_pollitem_t *items_, int nitems_, long timeout_)
    "zmq_poll": (c_int, (ptr, c_int, c_long), "2.0"),
    # -- Message proxying ------------------------------------------------------------------------
    # int zmq_proxy (void *frontend_, void *backend_, void *capture_)
    "zmq_proxy": (c_int, (ptr, ptr, ptr), "3.2.1"),
    # int zmq_proxy_steerable (void *frontend_, void *backend_, void *capture_, void *control_)
    "zmq_proxy_steerable": (c_int, (ptr, ptr, ptr, ptr), "4.0.5"),
    # -- Library capabilities --------------------------------------------------------------------
    # int zmq_has (const char *capability_)
    "zmq_has": (c_int, (string,), "4.1.0"),
    # -- Deprecated ------------------------------------------------------------------------------
    # int zmq_device (int type_, void *frontend_, void *backend_)
    "zmq_device": (c_int, (c_int, ptr, ptr), "2.0.6"),
    # int zmq_sendmsg (void *s_, zmq_msg_t *msg_, int flags_)
    "zmq_sendmsg": (c_int, (ptr, ptr, c_int), "3.0.0"),
    # int zmq_recvmsg (void *s_, zmq_msg_t *msg_, int flags_)
    "zmq_recvmsg": (c_int, (ptr, ptr, c_int), "3.0.0"),
    # int zmq_sendiov (void *s_, struct iovec *iov_, size_t count_, int flags_)
    "zmq_sendiov": (c_int, (ptr, ptr, c_size_t, c_int), "3.2.1"),
    # int zmq_recviov (void *s_, struct iovec *iov_, size_t *count_, int flags_)
    "zmq_recviov": (c_int, (ptr, ptr, ptr, c_int), "3.2.1"),
    # -- Encryption ------------------------------------------------------------------------------
    # char *zmq_z85_encode (char *dest_, const uint8_t *data_, size_t size_)
    "zmq_z85_encode": (ptr, (ptr, string, c_size_t), "4.0.0"),
    # uint8_t *zmq_z85_decode (uint8_t *dest_, const char *string_)
    "zmq_z85_decode": (ptr, (ptr, string), "4.0.0"),
    # int zmq_curve_keypair (char *z85_public_key_, char *z85_secret_key_)
    "zmq_curve_keypair": (c_int, (ptr, ptr), "4.0.1"),
    # int zmq_curve_public (char *z85_public_key_, const char *z85_secret_key_)
    "zmq_curve_public": (c_int, (ptr, string), "4.2.0"),
    # -- Atomic counters -------------------------------------------------------------------------
    # void *zmq_atomic_counter_new (void)
    "zmq_atomic_counter_new": (ptr, (), "4.2.0"),
    # void zmq_atomic_counter_set (void *counter_, int value_)
    "zmq_atomic_counter_set": (None, (ptr, c_int), "4.2.0"),
    # int zmq_atomic_counter_inc (void *counter_)
    "zmq_atomic_counter_inc": (c_int, (ptr,), "4.2.0"),
    # int zmq_atomic_counter_dec (void *counter_)
    "zmq_atomic_counter_dec": (c_int, (ptr,), "4.2.0"),
    # int zmq_atomic_counter_value (void *counter_)
    "zmq_atomic_counter_value": (c_int, (ptr,), "4.2.0"),
    # void zmq_atomic_counter_destroy (void **counter_p_)
    "zmq_atomic_counter_destroy": (None, (ptr,), "4.2.0"),
    # -- Timers ----------------------------------------------------------------------------------
    # void *zmq_timers_new (void)
    "zmq_timers_new": (ptr, (), "4.3.0"),
    # int zmq_timers_destroy (void **timers_p)
    "zmq_timers_destroy": (c_int, (ptr,), "4.3.0"),
    # int zmq_timers_add (void *timers, size_t interval, zmq_timer_fn handler, void *arg)
    "zmq_timers_add": (c_int, (ptr, c_size_t, ptr, ptr), "4.3.0"),
    # int zmq_timers_cancel (void *timers, int timer_id)
    "zmq_timers_cancel": (c_int, (ptr, c_int), "4.3.0"),
    # int zmq_timers_set_interval (void *timers, int timer_id, size_t interval)
    "zmq_timers_set_interval": (c_int, (ptr, c_int, c_size_t), "4.3.0"),
    # int zmq_timers_reset (void *timers, int timer_id)
    "zmq_timers_reset": (c_int, (ptr, c_int), "4.3.0"),
    # long zmq_timers_timeout (void *timers)
    "zmq_timers_timeout": (c_long, (ptr,), "4.3.0"),
    # int zmq_timers_execute (void *timers)
    "zmq_timers_execute": (c_int, (ptr,), "4.3.0"),
    # -- Helpers without a manual page -----------------------------------------------------------
    # void *zmq_stopwatch_start (void)
    "zmq_stopwatch_start": (ptr, (), "2.0"),
    # unsigned long zmq_stopwatch_intermediate (void *watch_)
    "zmq_stopwatch_intermediate": (c_ulong, (ptr,), "4.3.0"),
    # unsigned long zmq_stopwatch_stop (void *watch_)
    "zmq_stopwatch_stop": (c_ulong, (ptr,), "2.0"),
    # void zmq_sleep (int seconds_)
    "zmq_sleep": (None, (c_int,), "2.0"),
    # void *zmq_threadstart (zmq_thread_fn *func_, void *arg_)
    "zmq_threadstart": (ptr, (ptr, ptr), "4.0.0"),
    # void zmq_threadclose (void *thread_)
    "zmq_threadclose": (None, (ptr,), "4.0.0"),
    # -- Draft: sockets --------------------------------------------------------------------------
    # int zmq_ctx_set_ext (void *context_, int option_, const void *optval_, size_t optvallen_)
    "zmq_ctx_set_ext": (c_int, (ptr, c_int, ptr, c_size_t), "4.3.3", DRAFT),
    # int zmq_ctx_get_ext (void *context_, int option_, void *optval_, size_t *optvallen_)
    "zmq_ctx_get_ext": (c_int, (ptr, c_int, ptr, ptr), "4.3.3", DRAFT),
    # int zmq_join (void *s, const char *group)
    "zmq_join": (c_int, (ptr, string), "4.2.0", DRAFT),
    # int zmq_leave (void *s, const char *group)
    "zmq_leave": (c_int, (ptr, string), "4.2.0", DRAFT),
    # uint32_t zmq_connect_peer (void *s_, const char *addr_)
    "zmq_connect_peer": (c_uint32, (ptr, string), "4.3.3", DRAFT),
    # int zmq_disconnect_peer (void *s_, uint32_t routing_id_)
    "zmq_disconnect_peer": (c_int, (ptr, c_uint32), "4.3.6", DRAFT),
    # -- Draft: messages -------------------------------------------------------------------------
    # int zmq_msg_set_routing_id (zmq_msg_t *msg, uint32_t routing_id)
    "zmq_msg_set_routing_id": (c_int, (ptr, c_uint32), "4.2.0", DRAFT),
    # uint32_t zmq_msg_routing_id (zmq_msg_t *msg)
    "zmq_msg_routing_id": (c_uint32, (ptr,), "4.2.0", DRAFT),
    # int zmq_msg_set_group (zmq_msg_t *msg, const char *group)
    "zmq_msg_set_group": (c_int, (ptr, string), "4.2.0", DRAFT),
    # const char *zmq_msg_group (zmq_msg_t *msg)
    "zmq_msg_group": (string, (ptr,), "4.2.0", DRAFT),
    # int zmq_msg_init_buffer (zmq_msg_t *msg_, const void *buf_, size_t size_)
    "zmq_msg_init_buffer": (c_int, (ptr, ptr, c_size_t), "4.3.3", DRAFT),
    # -- Draft: monitoring -----------------------------------------------------------------------
    # int zmq_socket_get_peer_state (void *socket, const void *routing_id, size_t routing_id_size)
    "zmq_socket_get_peer_state": (c_int, (ptr, ptr, c_size_t), "4.2.3", DRAFT),
    # int zmq_socket_monitor_versioned (void *s_, const char *addr_, uint64_t events_, int
    #     event_version_, int type_)
    "zmq_socket_monitor_versioned": (c_int, (ptr, string, c_uint64, c_int, c_int), "4.3.2", DRAFT),
    # int zmq_socket_monitor_pipes_stats (void *s)
    "zmq_socket_monitor_pipes_stats": (c_int, (ptr,), "4.3.2", DRAFT),
    # -- Draft: the poller -----------------------------------------------------------------------
    # void *zmq_poller_new (void)
    "zmq_poller_new": (ptr, (), "4.2.0", DRAFT),
    # int zmq_poller_destroy (void **poller_p)
    "zmq_poller_destroy": (c_int, (ptr,), "4.2.0", DRAFT),
    # int zmq_poller_size (void *poller)
    "zmq_poller_size": (c_int, (ptr,), "4.3.3", DRAFT),
    # int zmq_poller_add (void *poller, void *socket, void *user_data, short events)
    "zmq_poller_add": (c_int, (ptr, ptr, ptr, c_short), "4.2.0", DRAFT),
    # int zmq_poller_modify (void *poller, void *socket, short events)
    "zmq_poller_modify": (c_int, (ptr, ptr, c_short), "4.2.0", DRAFT),
    # int zmq_poller_remove (void *poller, void *socket)
    "zmq_poller_remove": (c_int, (ptr, ptr), "4.2.0", DRAFT),
    # int zmq_poller_wait (void *poller, zmq_poller_event_t *event, long timeout)
    "zmq_poller_wait": (c_int, (ptr, ptr, c_long), "4.2.0", DRAFT),
    # int zmq_poller_wait_all (void *poller, zmq_poller_event_t *events, int n_events, long timeout)
    "zmq_poller_wait_all": (c_int, (ptr, ptr, c_int, c_long), "4.2.0", DRAFT),
    # int zmq_poller_fd (void *poller, zmq_fd_t *fd)
    "zmq_poller_fd": (c_int, (ptr, ptr), "4.3.2", DRAFT),
    # int zmq_poller_add_fd (void *poller, zmq_fd_t fd, void *user_data, short events)
    "zmq_poller_add_fd": (c_int, (ptr, zmq_fd_t, ptr, c_short), "4.2.0", DRAFT),
    # int zmq_poller_modify_fd (void *poller, zmq_fd_t fd, short events)
    "zmq_poller_modify_fd": (c_int, (ptr, zmq_fd_t, c_short), "4.2.0", DRAFT),
    # int zmq_poller_remove_fd (void *poller, zmq_fd_t fd)
    "zmq_poller_remove_fd": (c_int, (ptr, zmq_fd_t), "4.2.0", DRAFT),
    # int zmq_ppoll (zmq_pollitem_t *items_, int nitems_, long timeout_, const sigset_t *sigmask_)
    "zmq_ppoll": (c_int, (ptr, c_int, c_long, ptr), "4.3.5", DRAFT),
}


def __getattr__(name: str) -> Callable[..., Any]:
    """Give an exported function its types, or a stand-in where the library lacks it."""
    try:
        restype, argtypes, since, *draft = DECLARATIONS[name]
    except KeyError:
        raise AttributeError(f"zmq.h declares no {name!r}") from None
    function: Any
    try:
        function = getattr(_library, name)
    except AttributeError:
        function = Missing(name, since, bool(draft))
    else:
        function.restype = restype
        function.argtypes = argtypes
    declared: Callable[..., Any] = function
    globals()[name] = declared
    return declared


def missing() -> list[str]:
    """Name the functions of zmq.h that the loaded library does not export, in header order."""
    return [name for name in DECLARATIONS if not hasattr(_library, name)]
