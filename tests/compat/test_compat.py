"""ctzmq answers to the name zmq, with its own modules and without running any of them twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ctzmq.compat import ABSENT, HOMES, AliasFinder, home_of

PACKAGE = Path(__file__).resolve().parents[2] / "ctzmq"

PYZMQ_MODULES = """
    zmq zmq._future zmq._typing zmq.asyncio zmq.auth zmq.auth.asyncio zmq.auth.base zmq.auth.certs
    zmq.auth.ioloop zmq.auth.thread zmq.backend zmq.backend.cffi zmq.backend.cython
    zmq.backend.cython._zmq zmq.backend.select zmq.constants zmq.curve_keygen zmq.decorators
    zmq.devices zmq.devices.basedevice zmq.devices.monitoredqueue zmq.devices.monitoredqueuedevice
    zmq.devices.proxydevice zmq.devices.proxysteerabledevice zmq.error zmq.eventloop
    zmq.eventloop._deprecated zmq.eventloop.future zmq.eventloop.ioloop zmq.eventloop.zmqstream
    zmq.green zmq.green.core zmq.green.device zmq.green.eventloop zmq.green.eventloop.ioloop
    zmq.green.eventloop.zmqstream zmq.green.poll zmq.log zmq.log.__main__ zmq.log.handlers zmq.ssh
    zmq.ssh.forward zmq.ssh.tunnel zmq.sugar zmq.sugar.attrsettr zmq.sugar.context zmq.sugar.frame
    zmq.sugar.poll zmq.sugar.socket zmq.sugar.stopwatch zmq.sugar.tracker zmq.sugar.version
    zmq.tests zmq.utils zmq.utils.garbage zmq.utils.interop zmq.utils.jsonapi zmq.utils.monitor
    zmq.utils.strtypes zmq.utils.win32 zmq.utils.z85
"""

OLD_MODULES = ["zmq.core", "zmq.core.context", "zmq.core.poll", "zmq.core.socket"]


def exists(module: str) -> bool:
    """Tell if the package has the source of a module, without importing it."""
    path = PACKAGE.parent.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter of its own, where sys.modules is nobody else's."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60
    )


def succeeds(code: str) -> str:
    """Run code that must not fail; return what it printed."""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    return done.stdout


# -- the table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PYZMQ_MODULES.split(), *OLD_MODULES])
def test_every_module_of_pyzmq_has_a_home_or_a_reason(name: str) -> None:
    absent = [parent for parent in ABSENT if name == parent or name.startswith(parent + ".")]
    assert bool(absent) != (name in HOMES)


@pytest.mark.parametrize("name", HOMES)
def test_every_home_is_there(name: str) -> None:
    assert exists(HOMES[name])


@pytest.mark.parametrize("name", ABSENT)
def test_what_is_absent_is_absent_indeed(name: str) -> None:
    assert name not in HOMES
    assert not exists("ctzmq" + name[len("zmq") :])
    assert ABSENT[name]


@pytest.mark.parametrize("name", HOMES)
def test_a_home_below_its_own_alias_is_found(name: str) -> None:
    # Finding it asks for what is above it, which must not be taken for the alias again.
    own = "ctzmq" + name[len("zmq") :]
    if (HOMES[name] + ".").startswith(own + "."):
        assert AliasFinder().find_spec(own) is None


@pytest.mark.parametrize("name", HOMES)
def test_the_parent_of_an_alias_is_a_package(name: str) -> None:
    parent = name.rpartition(".")[0]
    if parent:
        path = PACKAGE.parent.joinpath(*home_of(parent).split("."))
        assert (path / "__init__.py").is_file()


def test_a_name_outside_the_table_means_the_module_of_that_name() -> None:
    assert home_of("zmq.libzmq.loader") == "ctzmq.libzmq.loader"
    assert home_of("zmq.nothing") == "ctzmq.nothing"


@pytest.mark.parametrize("name", [*ABSENT, "zmq.backend.cffi._cffi"])
def test_an_absent_name_says_why(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="ctzmq stands in for pyzmq") as caught:
        home_of(name)
    assert caught.value.name == name
    assert name in str(caught.value)


# -- importing ------------------------------------------------------------------------------------


def test_zmq_has_the_attributes_of_ctzmq() -> None:
    succeeds(
        """
import ctzmq, sys
assert "zmq" not in sys.modules
ctzmq.install_as_zmq()
import zmq
assert zmq is sys.modules["zmq"] and vars(zmq) is vars(ctzmq)
assert zmq.__all__ is ctzmq.__all__ and zmq.__version__ == ctzmq.__version__
assert zmq.__doc__ == ctzmq.__doc__ and zmq.__file__ == ctzmq.__file__
from zmq import *
assert Socket is zmq.Socket is ctzmq.Socket and proxy is ctzmq.proxy
assert set(dir(zmq)) == set(dir(ctzmq)) - {"green"}
"""
    )


def test_zmq_is_a_module_of_its_own_name() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
import copy, importlib, importlib.util, inspect, pickle, pkgutil, sys, types, weakref
import zmq
assert inspect.ismodule(zmq) and isinstance(zmq, types.ModuleType)
assert zmq.__name__ == zmq.__package__ == zmq.__spec__.name == "zmq"
assert ctzmq.__name__ == ctzmq.__package__ == ctzmq.__spec__.name == "ctzmq"
assert importlib.util.find_spec("zmq") is zmq.__spec__
assert zmq.__loader__ is zmq.__spec__.loader
assert repr(zmq).startswith("<module 'zmq' from ") and "ctzmq" in repr(zmq)
assert pickle.loads(pickle.dumps(zmq)) is copy.deepcopy(zmq) is weakref.ref(zmq)() is zmq
assert inspect.getsource(zmq) == inspect.getsource(ctzmq)
assert pkgutil.get_data("zmq", "py.typed") == b""
assert importlib.import_module(".utils", zmq.__name__) is ctzmq.utils
del sys.modules["zmq"]
assert importlib.import_module("zmq") is zmq
try:
    zmq.nothing
except AttributeError as error:
    assert "nothing" in str(error)
else:
    raise AssertionError
"""
    )


def test_what_is_set_in_zmq_is_set_in_ctzmq_and_the_other_way() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
from unittest import mock
import zmq
zmq.COPY_THRESHOLD = 0
assert ctzmq.COPY_THRESHOLD == 0
ctzmq.COPY_THRESHOLD = 1
assert zmq.COPY_THRESHOLD == 1
socket = zmq.Socket
with mock.patch("zmq.Socket") as patched:
    assert zmq.Socket is ctzmq.Socket is patched
with mock.patch.object(ctzmq, "Socket") as patched:
    assert zmq.Socket is ctzmq.Socket is patched
with mock.patch("zmq.device") as patched:  # one that is made when it is asked for
    assert ctzmq.device is patched
assert zmq.Socket is ctzmq.Socket is socket and zmq.device is ctzmq.device is not patched
zmq.own = 1
del ctzmq.own
assert not hasattr(zmq, "own")
"""
    )


def test_reload_of_zmq_runs_ctzmq_again() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
import importlib, sys
import zmq
zmq.COPY_THRESHOLD, socket = 0, zmq.Socket
for module in (zmq, ctzmq):
    module.COPY_THRESHOLD = 0
    assert importlib.reload(module) is module
    assert zmq.COPY_THRESHOLD == ctzmq.COPY_THRESHOLD == 65536
    assert zmq.Socket is ctzmq.Socket is socket
assert sys.modules["zmq"] is zmq and sys.modules["ctzmq"] is ctzmq
assert zmq.__name__ == zmq.__spec__.name == "zmq" and ctzmq.__name__ == "ctzmq"
assert ctzmq.__spec__.name == ctzmq.__package__ == "ctzmq"
"""
    )


def test_every_alias_is_its_home() -> None:
    guests = {"tornado", "gevent", "eventlet", "pexpect", "paramiko"}
    printed = succeeds(
        f"""
import ctzmq, sys, warnings
from importlib import import_module
warnings.simplefilter("ignore", DeprecationWarning)  # some names say that they are old
ctzmq.install_as_zmq()
seen = 0
for name, home in {HOMES!r}.items():
    if name == "zmq" or name.endswith("__main__"):
        continue
    try:
        module = import_module(name)
    except ImportError as error:
        assert error.name in {guests!r}, (name, error)
        continue
    assert module is sys.modules[home] is sys.modules[name], name
    assert module.__name__ == module.__spec__.name == home, (name, module.__spec__)
    assert module.__spec__.loader is module.__loader__, name
    seen += 1
print(seen)
"""
    )
    assert int(printed) > len(HOMES) / 2


def test_every_form_of_import_gives_the_same_module() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
import importlib
import zmq.utils.jsonapi
import zmq.utils.jsonapi as renamed
from zmq.utils import jsonapi
from zmq.utils.jsonapi import dumps
import ctzmq.utils.jsonapi as own
assert zmq.utils.jsonapi is renamed is jsonapi is own
assert importlib.import_module("zmq.utils.jsonapi") is own
assert importlib.import_module(".jsonapi", "zmq.utils") is own
assert dumps is own.dumps
"""
    )


def test_names_of_modules_that_moved_can_be_imported_from_their_old_package() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
from zmq.sugar import socket, version
from zmq.core import error, poll
from zmq.backend.cython import _zmq
from zmq import backend, sugar
import ctzmq.core.poll, ctzmq.core.socket, ctzmq.core.version, ctzmq.error
assert socket is ctzmq.core.socket and version is ctzmq.core.version
assert poll is ctzmq.core.poll and error is ctzmq.error
assert _zmq.Frame is backend.Frame is sugar.Frame is ctzmq.Frame
"""
    )


def test_the_green_device_is_a_function_whatever_is_imported() -> None:
    pytest.importorskip("gevent")
    succeeds(
        """
import ctzmq, sys; ctzmq.install_as_zmq()
import zmq.green.device
import zmq.green as green
from zmq.green.device import device
import zmq.green.poll, zmq.green.core
assert green is sys.modules["ctzmq.green.gevent"] is zmq.green
assert callable(green.device) and green.device is device
assert issubclass(zmq.green.core._Socket, zmq.Socket)
assert zmq.green.poll._Poller is green.Poller is not zmq.Poller
"""
    )


#: Ways to ask for eventlet's flavour, and for gevent's under pyzmq's name.
OURS = [
    "import ctzmq.green; got = ctzmq.green",
    "import ctzmq.green as got",
    "from ctzmq import green as got",
    "import ctzmq; got = ctzmq.green",
    "from importlib import import_module; got = import_module('ctzmq.green')",
    "from importlib import import_module; got = import_module('.green', 'ctzmq')",
    "got = __import__('ctzmq.green').green",
    "from ctzmq.green import install; got = sys.modules[install.__module__]",
    "import ctzmq.green.gevent, ctzmq; got = ctzmq.green",
    "import ctzmq, pkgutil; got = pkgutil.resolve_name('ctzmq.green')",
    "import ctzmq, importlib; got = importlib.reload(ctzmq.green)",
    "import ctzmq.green as got; got.install(); from eventlet.green import zmq; assert zmq is got",
]
PYZMQS = [
    "import zmq.green; got = zmq.green",
    "import zmq.green as got",
    "from zmq import green as got",
    "import zmq; got = zmq.green",
    "from importlib import import_module; got = import_module('zmq.green')",
    "from importlib import import_module; got = import_module('.green', 'zmq')",
    "got = __import__('zmq.green').green",
    "import zmq.green.core as got",
    "from zmq.green import core as got",
    "import zmq.green.core, zmq; got = zmq.green",
    "import zmq, pkgutil; got = pkgutil.resolve_name('zmq.green')",
    "import zmq, importlib; got = importlib.reload(zmq.green)",
]


def test_each_name_of_green_means_one_flavour_whatever_the_order() -> None:
    """Every two ways, in one process, before or after another: the modules never change."""
    pytest.importorskip("gevent")
    pytest.importorskip("eventlet")
    succeeds(
        f"""
import itertools, sys, warnings
import ctzmq
warnings.simplefilter("ignore")  # eventlet says that it is old
def green(way):
    there = dict(sys=sys)
    exec(way, there)
    return there["got"]
ours, pyzmqs = {OURS!r}, {PYZMQS!r}
before = [green(way) for way in ours]
ctzmq.install_as_zmq()
eventlet, gevent = sys.modules["ctzmq.green"], None
assert all(each is eventlet for each in before)
for one, other in itertools.product(ours, pyzmqs):
    for way in (one, other, one, other):
        got = green(way)
        expected = eventlet if way is one else sys.modules["ctzmq.green.gevent"]
        assert got is expected, (one, other, way, got)
assert ctzmq.green.Socket.__module__ == "ctzmq.green.eventlet"
assert sys.modules["zmq"].green.Socket.__module__ == "ctzmq.green.gevent"
"""
    )


@pytest.mark.parametrize("way", [*PYZMQS[:4], *PYZMQS[7:9]])
def test_green_of_pyzmq_is_that_of_gevent_when_it_is_the_first(way: str) -> None:
    pytest.importorskip("gevent")
    succeeds(
        f"""
import sys
import ctzmq; ctzmq.install_as_zmq()
{way}
assert got is sys.modules["ctzmq.green.gevent"], got
assert "eventlet" not in sys.modules
import zmq
assert zmq.green is got and ctzmq.green is sys.modules["ctzmq.green"]
assert "green" in dir(zmq)
"""
    )


@pytest.mark.parametrize("way", [*OURS[:4], OURS[-1]])
def test_green_of_ctzmq_is_that_of_eventlet_when_it_is_the_first(way: str) -> None:
    pytest.importorskip("eventlet")
    succeeds(
        f"""
import sys, warnings
warnings.simplefilter("ignore")  # eventlet says that it is old
import ctzmq; ctzmq.install_as_zmq()
{way}
assert got is sys.modules["ctzmq.green"], got
assert got.Socket.__module__ == "ctzmq.green.eventlet"
import zmq
assert "zmq.green" not in sys.modules and "green" not in dir(zmq)
"""
    )


def test_green_modules_of_pyzmq_are_not_below_the_green_of_ctzmq() -> None:
    pytest.importorskip("gevent")
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
from importlib import import_module
from zmq.green import core, eventloop, poll
from zmq.green.eventloop.zmqstream import ZMQStream
import zmq.green
assert core is poll is zmq.green and eventloop.zmqstream.ZMQStream is ZMQStream
for name in ("ctzmq.green.core", "ctzmq.green.device", "ctzmq.green.poll", "ctzmq.curve_keygen"):
    try:
        import_module(name)
    except ModuleNotFoundError as error:
        assert error.name == name
    else:
        raise AssertionError(name)
"""
    )


def test_threads_that_import_both_flavours_at_once_get_each_by_its_name() -> None:
    pytest.importorskip("eventlet")
    pytest.importorskip("gevent")
    succeeds(
        """
import pickle, sys, threading, warnings
warnings.simplefilter("ignore")  # eventlet says that it is old
import eventlet, gevent  # these two themselves block each other when threads import them at once
import ctzmq; ctzmq.install_as_zmq()
flavours = {"ctzmq.green": "eventlet", "zmq.green": "gevent"}
ways = ["import {} as got", "from {0} import Socket; got = sys.modules['{0}']"]
ways = [(name, way.format(name)) for name in flavours for way in ways] * 8
start = threading.Barrier(len(ways))
seen = []
def work(name, way):
    there = dict(sys=sys)
    start.wait()
    exec(way, there)
    seen.append((name, there["got"].Socket))
threads = [threading.Thread(target=work, args=pair) for pair in ways]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(seen) == len(ways)
for name, socket in seen:
    assert socket.__module__ == "ctzmq.green." + flavours[name], (name, socket)
    assert pickle.loads(pickle.dumps(socket)) is socket
    assert pickle.loads(f"c{name}\\nSocket\\n.".encode()) is socket
"""
    )


def test_the_green_module_of_eventlet_itself_works_on_zmq() -> None:
    pytest.importorskip("eventlet")
    succeeds(
        """
import warnings
warnings.simplefilter("ignore")  # eventlet says that it is old
import ctzmq; ctzmq.install_as_zmq()
import ctzmq.green
import eventlet
from eventlet.green import zmq
assert zmq is not ctzmq.green and issubclass(zmq.Socket, ctzmq.Socket)
context = zmq.Context()
a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
a.bind("inproc://x"); b.connect("inproc://x")
beats = []

def beat():
    while True:
        beats.append(1)
        eventlet.sleep(0.001)

def answer():
    for receive, send in (
        (b.recv, b.send),
        (b.recv_multipart, b.send_multipart),
        (b.recv_string, b.send_string),
        (b.recv_json, b.send_json),
        (b.recv_pyobj, b.send_pyobj),
    ):
        send(receive())

heart, echo = eventlet.spawn(beat), eventlet.spawn(answer)
with eventlet.Timeout(20):
    for send, receive, message in (
        (a.send, a.recv, b"1"),
        (a.send_multipart, a.recv_multipart, [b"1", b"", b"3"]),
        (a.send_string, a.recv_string, "text"),
        (a.send_json, a.recv_json, {"one": 1}),
        (a.send_pyobj, a.recv_pyobj, (1, 2)),
    ):
        eventlet.sleep(0.002)
        send(message)
        assert receive() == message
    echo.wait()
    poller = zmq.Poller()
    poller.register(b, zmq.POLLIN)
    # eventlet's module has the blocking poller.
    assert not poller.poll(0)
    a.send(b"x")
    assert poller.poll(10_000) == [(b, zmq.POLLIN)]
    assert b.poll(0) == zmq.POLLIN and b.recv(zmq.DONTWAIT) == b"x"
heart.kill()
a.close(); b.close(); context.term()
assert len(beats) > 3
"""
    )


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    succeeds(
        """
import sys, ctzmq, ctzmq.compat
before = set(sys.modules)
ctzmq.install_as_zmq()
assert set(sys.modules) - before == {"zmq"}
import importlib.util
before = set(sys.modules)
spec = importlib.util.find_spec("zmq.utils.strtypes")
assert spec.name == "zmq.utils.strtypes" and spec.origin.endswith("strtypes.py"), spec
assert "ctzmq.utils.strtypes" not in sys.modules and "zmq.utils.strtypes" not in sys.modules
import zmq.utils.strtypes
assert importlib.util.find_spec("zmq.utils.strtypes") is zmq.utils.strtypes.__spec__
"""
    )


def test_a_module_runs_once_whatever_the_order() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
import sys
runs = []
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.endswith((".z85", ".cli")):
            runs.append(name)
sys.meta_path.insert(1, Watch())  # after the alias finder: it sees what is looked for on disk
import zmq.utils.z85, ctzmq.utils.z85, zmq.cli, ctzmq.cli
assert zmq.utils.z85 is ctzmq.utils.z85 and zmq.cli is ctzmq.cli
assert sys.modules["zmq.cli"] is sys.modules["ctzmq.cli"]
assert set(runs) == {"ctzmq.utils.z85", "ctzmq.cli"}, runs
"""
    )


def test_threads_that_import_at_once_get_the_one_module() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
import importlib, sys, threading
names = ["zmq.utils.z85", "ctzmq.utils.z85", "zmq.core.error", "zmq.error", "zmq.sugar.version",
         "zmq.core.version", "zmq.sugar.stopwatch", "zmq.core.stopwatch"] * 8
start = threading.Barrier(len(names))
got = []
def work(name):
    start.wait()
    got.append((name, importlib.import_module(name)))
threads = [threading.Thread(target=work, args=(name,)) for name in names]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(got) == len(names)
for name, module in got:
    assert module is sys.modules[name]
    assert module is sys.modules[module.__name__], name
    assert module.__spec__.name == module.__name__, (name, module.__spec__)
"""
    )


def test_reload_runs_the_home_again() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
import importlib, sys
import zmq.utils.z85 as z85
z85.mark = 1
old = z85.encode
assert importlib.reload(z85) is z85 is sys.modules["ctzmq.utils.z85"]
assert z85.encode is not old and z85.mark == 1
assert z85.__spec__.name == z85.__name__ == "ctzmq.utils.z85"
"""
    )


def test_pickles_cross_between_the_names() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
import pickle, zmq
for thing in (zmq.Socket, zmq.ZMQError, zmq.SocketType.PULL, zmq.Poller):
    assert pickle.loads(pickle.dumps(thing)) is thing
# what a program on pyzmq has written
assert pickle.loads(b"czmq.error\\nZMQError\\n.") is ctzmq.ZMQError
assert pickle.loads(b"czmq.sugar.socket\\nSocket\\n.") is ctzmq.Socket
error = pickle.loads(pickle.dumps(zmq.ZMQError(zmq.EAGAIN)))
assert error.errno == zmq.EAGAIN
"""
    )


def test_what_pyzmq_loads_at_import_is_an_attribute() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
import zmq
assert zmq.sugar.context.Context is zmq.Context
assert not zmq.backend.Socket.__module__.startswith("zmq.backend.cffi.")
assert zmq.sugar.version.VERSION_EXTRA == ""
assert zmq.constants._OptType and zmq.error.ZMQError is zmq.ZMQError
assert zmq.utils.jsonapi.loads("1") == 1
assert zmq.utils.interop.cast_int_addr(3) == 3
assert zmq.backend.cython._zmq.Socket is zmq.backend.select.select_backend("zmq.backend")["Socket"]
assert zmq.sugar.stopwatch.Stopwatch is zmq.Stopwatch and zmq.sugar.attrsettr.AttributeSetter
zmq.sugar.context.Context._instance = None
assert zmq.Context._instance is None
"""
    )


def test_what_pyzmq_loads_along_is_an_attribute() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
import sys, zmq.utils.monitor
assert "asyncio" not in sys.modules
assert issubclass(zmq.asyncio.Socket, zmq.Socket)
import zmq.asyncio
assert issubclass(zmq.asyncio.Socket, zmq._future._AsyncSocket)
"""
    )


def test_the_code_of_an_alias_is_that_of_its_home() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
from importlib.util import find_spec
alias, home = find_spec("zmq.utils.z85"), find_spec("ctzmq.utils.z85")
assert alias.loader.get_source(alias.name) == home.loader.get_source(home.name)
assert alias.loader.get_code(alias.name).co_filename == home.origin == alias.origin
assert not alias.loader.is_package(alias.name) and alias.submodule_search_locations is None
alias, home = find_spec("zmq.devices"), find_spec("ctzmq.devices")
assert alias.loader.is_package(alias.name)
assert list(alias.submodule_search_locations) == list(home.submodule_search_locations)
"""
    )


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["import zmq.tests", "from zmq import tests"])
def test_a_module_that_ctzmq_lacks_is_named_with_the_reason(statement: str) -> None:
    done = run_python(f"import ctzmq; ctzmq.install_as_zmq(); {statement}")
    assert done.returncode == 1
    assert "ModuleNotFoundError: No module named 'zmq.tests': ctzmq stands in" in done.stderr


def test_a_home_that_is_not_there_is_named() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
from ctzmq.compat import HOMES
HOMES["zmq.wishful"] = "ctzmq.core.wishful"
try:
    import zmq.wishful
except ModuleNotFoundError as error:
    assert "ctzmq.core.wishful" in str(error) and error.name == "zmq.wishful"
else:
    raise AssertionError
"""
    )


@pytest.mark.parametrize("module", ["zmq.green", "zmq.green.core", "ctzmq.green.gevent"])
def test_without_gevent_its_flavour_is_a_module_that_is_not_there(module: str) -> None:
    """Programs that can do without look for this very kind of error."""
    succeeds(
        f"""
import sys
sys.modules["gevent"] = None
import ctzmq; ctzmq.install_as_zmq()
try:
    import {module}
except ModuleNotFoundError as error:
    assert error.name == "gevent" and "pip install" in str(error), error
else:
    raise AssertionError
"""
    )


@pytest.mark.parametrize("statement", ["import zmq.nothing", "import zmq.utils.nothing"])
def test_a_module_that_nobody_has_is_not_found_as_ever(statement: str) -> None:
    done = run_python(f"import ctzmq; ctzmq.install_as_zmq(); {statement}")
    name = statement.split()[-1]
    # Python 3.15 proposes names that are alike.
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ModuleNotFoundError: No module named '{name}'")


def test_find_spec_of_a_module_that_nobody_has_is_none() -> None:
    succeeds(
        """
import ctzmq; ctzmq.install_as_zmq()
from importlib.util import find_spec
assert find_spec("zmq.nothing") is None
"""
    )


def test_another_zmq_that_is_imported_already_is_refused() -> None:
    succeeds(
        """
import sys, types, ctzmq
other = types.ModuleType("zmq")
other.__file__ = "/elsewhere/zmq/__init__.py"
sys.modules["zmq"] = other
finders = list(sys.meta_path)
try:
    ctzmq.install_as_zmq()
except ImportError as error:
    assert "/elsewhere/zmq/__init__.py" in str(error) and error.name == "zmq"
else:
    raise AssertionError("took the place of another zmq")
assert sys.modules["zmq"] is other and sys.meta_path == finders
del sys.modules["zmq"]
ctzmq.install_as_zmq()
import zmq
assert zmq.Socket is ctzmq.Socket
"""
    )


def test_installing_twice_changes_nothing() -> None:
    succeeds(
        """
import sys, ctzmq
ctzmq.install_as_zmq()
finders, zmq = list(sys.meta_path), sys.modules["zmq"]
ctzmq.install_as_zmq()
assert sys.meta_path == finders and sys.modules["zmq"] is zmq
"""
    )


def test_the_table_is_cheap_to_import() -> None:
    """Programs that never call themselves zmq should not pay for those that do."""
    printed = succeeds(
        """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("compat", PATH)
import typing
known = set(sys.modules)
spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(*set(sys.modules) - known)
""".replace("PATH", repr(str(PACKAGE / "compat/__init__.py")))
    )
    assert set(printed.split()) <= {"__future__", "importlib.machinery"}
