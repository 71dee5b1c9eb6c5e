"""ctzmq under the name `zmq`: pyzmq's module names, answered with ctzmq's own modules.

`HOMES` is the one table of names. `install_as_zmq` makes the import system use it: `import zmq.x.y`
then returns the module object of ctzmq, not a copy, imported on demand. `zmq` itself is a module
object of its own, a `Face`, which shares ctzmq's attributes except `green`.

How an alias is imported: the finder describes it with a spec of its own, whose loader imports the
home and hands that very module to the import system. The import system writes the alias's spec
into the module on the way; the loader puts the module's own one back, so that `reload`, `pickle`
and `find_spec` see what they would see without the alias.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module, reload
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

__all__ = ["ABSENT", "HOMES", "home_of", "install_as_zmq"]

PACKAGE = "ctzmq"

HOMES: dict[str, str] = {
    "zmq": "ctzmq",
    "zmq.constants": "ctzmq.constants",
    "zmq.error": "ctzmq.error",
    # the two halves of pyzmq are one here
    "zmq.sugar": "ctzmq.compat.sugar",
    "zmq.sugar.attrsettr": "ctzmq.compat.sugar.attrsettr",
    "zmq.sugar.context": "ctzmq.core.context",
    "zmq.sugar.frame": "ctzmq.core.frame",
    "zmq.sugar.poll": "ctzmq.core.poll",
    "zmq.sugar.socket": "ctzmq.core.socket",
    "zmq.sugar.stopwatch": "ctzmq.core.stopwatch",
    "zmq.sugar.tracker": "ctzmq.core.tracker",
    "zmq.sugar.version": "ctzmq.core.version",
    "zmq.backend": "ctzmq.compat.backend",
    "zmq.backend.cython": "ctzmq.compat.backend",
    "zmq.backend.cython._zmq": "ctzmq.compat.backend",
    "zmq.backend.select": "ctzmq.compat.backend",
    # `from zmq.backend.cython import _zmq` asks for this
    "zmq.backend._zmq": "ctzmq.compat.backend",
    # names of pyzmq 2
    "zmq.core": "ctzmq.core",
    "zmq.core.constants": "ctzmq.constants",
    "zmq.core.context": "ctzmq.core.context",
    "zmq.core.device": "ctzmq.core.proxy",
    "zmq.core.error": "ctzmq.error",
    "zmq.core.message": "ctzmq.core.frame",
    "zmq.core.poll": "ctzmq.core.poll",
    "zmq.core.socket": "ctzmq.core.socket",
    "zmq.core.stopwatch": "ctzmq.core.stopwatch",
    "zmq.core.version": "ctzmq.core.version",
    # beside the core
    "zmq._future": "ctzmq.asyncio.sockets",
    "zmq.asyncio": "ctzmq.asyncio",
    "zmq.auth": "ctzmq.auth",
    "zmq.auth.asyncio": "ctzmq.auth.asyncio",
    "zmq.auth.base": "ctzmq.auth.base",
    "zmq.auth.certs": "ctzmq.auth.certs",
    "zmq.auth.ioloop": "ctzmq.auth.ioloop",
    "zmq.auth.thread": "ctzmq.auth.thread",
    "zmq.curve_keygen": "ctzmq.cli.curve_keygen",
    "zmq.decorators": "ctzmq.decorators",
    "zmq.devices": "ctzmq.devices",
    "zmq.devices.basedevice": "ctzmq.devices.basedevice",
    "zmq.devices.monitoredqueue": "ctzmq.devices.monitoredqueue",
    "zmq.devices.monitoredqueuedevice": "ctzmq.devices.monitoredqueuedevice",
    "zmq.devices.proxydevice": "ctzmq.devices.proxydevice",
    "zmq.devices.proxysteerabledevice": "ctzmq.devices.proxysteerabledevice",
    "zmq.eventloop": "ctzmq.eventloop",
    "zmq.eventloop.future": "ctzmq.eventloop.future",
    "zmq.eventloop.ioloop": "ctzmq.eventloop.ioloop",
    "zmq.eventloop.zmqstream": "ctzmq.eventloop.zmqstream",
    # gevent's, as in pyzmq; `ctzmq.green` is eventlet's, whoever imports it
    "zmq.green": "ctzmq.green.gevent",
    "zmq.green.core": "ctzmq.green.gevent",
    "zmq.green.device": "ctzmq.green.gevent",
    "zmq.green.eventloop": "ctzmq.eventloop",
    "zmq.green.eventloop.ioloop": "ctzmq.eventloop.ioloop",
    "zmq.green.eventloop.zmqstream": "ctzmq.eventloop.zmqstream",
    "zmq.green.poll": "ctzmq.green.gevent",
    "zmq.log": "ctzmq.log",
    "zmq.log.__main__": "ctzmq.log.__main__",
    "zmq.log.handlers": "ctzmq.log.handlers",
    "zmq.ssh": "ctzmq.ssh",
    "zmq.ssh.forward": "ctzmq.ssh.forward",
    "zmq.ssh.tunnel": "ctzmq.ssh.tunnel",
    "zmq.utils": "ctzmq.utils",
    "zmq.utils.garbage": "ctzmq.utils.garbage",
    "zmq.utils.interop": "ctzmq.utils.interop",
    "zmq.utils.jsonapi": "ctzmq.utils.jsonapi",
    "zmq.utils.monitor": "ctzmq.utils.monitor",
    "zmq.utils.strtypes": "ctzmq.utils.strtypes",
    "zmq.utils.win32": "ctzmq.utils.win32",
    "zmq.utils.z85": "ctzmq.utils.z85",
}
"""Each module name of pyzmq, and the module of ctzmq that answers to it."""

ABSENT: dict[str, str] = {
    "zmq._typing": "it is private, and typing has all that it holds",
    "zmq.backend.cffi": "it is compiled, and ctzmq calls libzmq through ctypes",
    "zmq.eventloop._deprecated": "it is private, for releases of tornado long gone",
    "zmq.tests": "it holds helpers of pyzmq's own tests",
}
"""The module names of pyzmq that ctzmq does not answer to, and why."""

OVERSHADOWED = {"zmq.green": "zmq.green.device"}
"""Modules that have a function of the same name as a module below them, which importing that module
would overwrite: it counts as imported as soon as they are."""

ALONG = {"zmq.asyncio": "zmq._future"}
"""Modules that pyzmq imports along with another, and that programs take for granted then."""


def home_of(name: str) -> str:
    """Name the module of ctzmq that answers to a name of pyzmq.

    A name that pyzmq lacks has the module of the same name under `ctzmq`, if that exists: reached
    through both names, it must not be executed twice.

    Parameters
    ----------
    name : str
        `zmq` or a dotted name below it.

    Returns
    -------
    str
        A dotted name below `ctzmq`, which need not exist.

    Raises
    ------
    ModuleNotFoundError
        The name is one of pyzmq's that ctzmq does without; the message says why.

    Source: own.
    """
    for absent, reason in ABSENT.items():
        if name == absent or name.startswith(absent + "."):
            message = f"No module named {name!r}: ctzmq stands in for pyzmq and has none: {reason}"
            raise ModuleNotFoundError(message, name=name)
    return HOMES.get(name) or PACKAGE + name[len("zmq") :]


class Face:
    """The module `zmq`: what is not in the slots, it shares with the module `ctzmq`.

    They have one dictionary, so that a name which is set, patched or made later in one of them is
    so in the other, and is read as quickly. A subclass of ModuleType would have a dictionary of its
    own, and have to pass on each read.
    """

    __slots__ = (
        "__dict__",
        "__loader__",
        "__name__",
        "__package__",
        "__spec__",
        "__weakref__",
        "green",
    )

    __class__ = property(lambda self: type(sys))

    def __init__(self, package: ModuleType) -> None:
        self.__dict__ = vars(package)

    def __getattr__(self, name: str) -> Any:
        """Find what ctzmq has not made yet, and import `green` when it is first asked for."""
        if name != "green":
            return vars(self)["__getattr__"](name)
        try:
            return import_module("zmq.green")
        except ImportError as error:
            raise AttributeError(f"module 'zmq' has no attribute 'green': {error}") from error

    def __dir__(self) -> list[str]:
        names = {*vars(self)["__dir__"]()} - {"green"}
        return sorted(names | {"green"} if "zmq.green" in sys.modules else names)

    def __repr__(self) -> str:
        return f"<module 'zmq' from {vars(self)['__file__']!r}>"

    def __reduce__(self) -> Any:
        return import_module, ("zmq",)


_faces: dict[str, Face] = {}
_own_specs: dict[str, ModuleSpec] = {}


class AliasLoader:
    """Loads one alias: imports its home and hands out that module, of `zmq` its face."""

    def __init__(self, alias: str, home: str, spec: ModuleSpec) -> None:
        self.alias = alias
        self.home = home
        self.spec = spec
        self.is_first = False

    def create_module(self, spec: ModuleSpec) -> Any:
        """Import the home and return its module."""
        self.is_first = True
        module = import_module(self.home)
        if self.alias == "zmq":
            return _faces.setdefault(self.home, Face(module))
        own = module.__spec__
        # Another thread may be importing the same home by another alias.
        if own is not None and own.name == self.home:
            _own_specs[self.home] = own
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module, which has run already, its own spec back; run it again for `reload`."""
        if self.alias == "zmq":
            if not self.is_first:
                reload(sys.modules[self.home])
            return
        module.__spec__ = _own_specs[self.home]
        if self.alias in OVERSHADOWED:
            sys.modules.setdefault(OVERSHADOWED[self.alias], module)
        if self.alias in ALONG:
            import_module(ALONG[self.alias])

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the home's code, which `python -m` asks for."""
        loader: Any = self.spec.loader
        code: CodeType | None = loader.get_code(self.home)
        return code

    def get_data(self, path: str) -> bytes:
        """Return the content of a file beside the home's."""
        loader: Any = self.spec.loader
        data: bytes = loader.get_data(path)
        return data

    def get_source(self, fullname: str) -> str | None:
        """Return the home's source, which tracebacks of `python -m` show."""
        loader: Any = self.spec.loader
        source: str | None = loader.get_source(self.home)
        return source

    def is_package(self, fullname: str) -> bool:
        """Tell whether the home is a package."""
        return self.spec.submodule_search_locations is not None


def _alias_of(name: str) -> str | None:
    """Return the name of pyzmq that a module is asked for by; None if it is no such name.

    Importing an alias sets its parent's attribute, and the parent may be a module of ctzmq that
    lacks that child: `from zmq.core import error` asks for `ctzmq.core.error`.
    """
    if name == "zmq" or name.startswith("zmq."):
        return name
    parent, _, child = name.rpartition(".")
    for alias, home in HOMES.items():
        if home == parent != PACKAGE and f"{alias}.{child}" in HOMES:
            return f"{alias}.{child}"
    return None


class AliasFinder:
    """Finds pyzmq's names on `sys.meta_path`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Describe an alias; return None for a name that is none."""
        alias = _alias_of(fullname)
        if alias is None:
            return None
        try:
            home = home_of(alias)
        except ModuleNotFoundError as error:
            # `from zmq import tests` would pass over an error of that very name, and the reason.
            error.name = PACKAGE + alias[len("zmq") :]
            raise
        if home == fullname:
            return None
        found = _find(home)
        if found is None:
            if alias in HOMES:
                message = f"No module named {alias!r}: ctzmq stands in for pyzmq and has no {home}"
                raise ModuleNotFoundError(message, name=alias)
            return None
        loader: Any = AliasLoader(fullname, home, found)
        spec = ModuleSpec(fullname, loader, origin=found.origin)
        spec.submodule_search_locations = found.submodule_search_locations
        spec.cached = found.cached
        spec.has_location = found.has_location
        return spec


def _find(name: str) -> ModuleSpec | None:
    if name == PACKAGE:
        return sys.modules[PACKAGE].__spec__
    from importlib.util import find_spec

    try:
        return find_spec(name)
    except ModuleNotFoundError as error:
        # find_spec imports the parents; if one of them is missing, so is the child.
        if error.name and (name + ".").startswith(error.name + "."):
            return None
        raise


_finder = AliasFinder()


def install_as_zmq() -> None:
    """Make ctzmq answer to the name `zmq` in this interpreter, for programs written for pyzmq.

    From then on `import zmq` gives what ctzmq has, `zmq.Socket is ctzmq.Socket`, and the import of
    any module below it gives ctzmq's own. `zmq.green` is for gevent, as pyzmq's is, while
    `ctzmq.green` remains the one for eventlet. Calling it again changes nothing.

    Raises
    ------
    ImportError
        Another `zmq`, such as pyzmq, is already imported; the message says from where. Call this
        before the first `import zmq`.

    Source: own.
    """
    package = sys.modules[PACKAGE]
    present = sys.modules.get("zmq")
    if present not in (None, package, _faces.get(PACKAGE)):
        where = getattr(present, "__file__", None) or "no file"
        raise ImportError(
            f"ctzmq can't be installed as zmq: another zmq is already imported ({where}); "
            "call ctzmq.install_as_zmq() before the first import of zmq",
            name="zmq",
        )
    if _finder not in sys.meta_path:
        # First of all finders: `zmq.__path__` is ctzmq's folder, and a finder that searches it
        # would run a module of ctzmq a second time, under its alias.
        sys.meta_path.insert(0, _finder)
    if present is None or present is package:
        sys.modules.pop("zmq", None)
        import_module("zmq")
