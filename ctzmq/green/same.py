"""The names of `ctzmq` that never wait, and so are the same in all flavours.

Each flavour imports all of them, then makes those that wait anew. The names with an underscore,
which `import *` leaves out, it imports from `ctzmq`.
"""

# ruff: noqa: F401, F403
from __future__ import annotations

from ..compat import install_as_zmq
from ..constants import *
from ..core.context import SyncContext
from ..core.endpoint import IPC_PATH_MAX_LEN
from ..core.frame import COPY_THRESHOLD, Frame, Message
from ..core.security import DRAFT_API, curve_keypair, curve_public, has
from ..core.socket import SyncSocket
from ..core.stopwatch import Stopwatch
from ..core.version import (
    VERSION,
    get_includes,
    get_library_dirs,
    pyzmq_version,
    pyzmq_version_info,
    zmq_version,
    zmq_version_info,
)
from ..error import (
    Again,
    ContextTerminated,
    DraftFDWarning,
    InterruptedSystemCall,
    NotDone,
    ZMQBaseError,
    ZMQBindError,
    ZMQError,
    ZMQVersionError,
    strerror,
    zmq_errno,
)
from ..libzmq import library_path

PYZMQ_DRAFT_API = DRAFT_API
