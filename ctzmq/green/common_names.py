"""The names of `ctzmq` that never wait, and so are the same in all green flavours.

Each flavour imports all of them, then defines those that wait. Names with an underscore, which
`import *` skips, are imported from `ctzmq`. `X as X` tells type checkers that X is public.
"""

# ruff: noqa: F403, I001
from __future__ import annotations

# fmt: off
from ..compat import install_as_zmq as install_as_zmq
from ..constants import *
from ..core.context import SyncContext as SyncContext
from ..core.endpoint import IPC_PATH_MAX_LEN as IPC_PATH_MAX_LEN
from ..core.frame import Frame as Frame, Message as Message
from ..core.security import (
    DRAFT_API as DRAFT_API, curve_keypair as curve_keypair, curve_public as curve_public,
    has as has,
)
from ..core.settings import COPY_THRESHOLD as COPY_THRESHOLD
from ..core.socket import SyncSocket as SyncSocket
from ..core.stopwatch import Stopwatch as Stopwatch
from ..core.version import (
    VERSION as VERSION, get_includes as get_includes, get_library_dirs as get_library_dirs,
    pyzmq_version as pyzmq_version, pyzmq_version_info as pyzmq_version_info,
    zmq_version as zmq_version, zmq_version_info as zmq_version_info,
)
from ..error import (
    Again as Again, ContextTerminated as ContextTerminated, DraftFDWarning as DraftFDWarning,
    InterruptedSystemCall as InterruptedSystemCall, NotDone as NotDone,
    ZMQBaseError as ZMQBaseError, ZMQBindError as ZMQBindError, ZMQError as ZMQError,
    ZMQVersionError as ZMQVersionError, strerror as strerror, zmq_errno as zmq_errno,
)
from ..libzmq import library_path as library_path
# fmt: on

PYZMQ_DRAFT_API = DRAFT_API
