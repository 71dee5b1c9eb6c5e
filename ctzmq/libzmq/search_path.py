"""Where libzmq may lie: its names and folders on every platform, and the cache of `fetch`."""

from __future__ import annotations

import os
import sys

#: A Python with such a prefix shares its library folder with the system: leave that to the loader.
SYSTEM_PREFIXES = ("/", "/usr", "/usr/local")

#: The Windows builds of libzmq have their compiler and version in their name.
_WINDOWS_NAMES = (
    "libzmq.dll",
    "libzmq-5.dll",
    *(f"libzmq-{kind}mt-{version}.dll"
      for version in ("4_3_5", "4_3_4")
      for kind in ("", "v143-", "v142-", "v141-")),
)  # fmt: skip


class Attempt:
    """One thing that the search has tried.

    Parameters
    ----------
    name : str
        The file, the name for the dynamic loader, or the folder.
    how : str
        Why it was tried: a clause.
    reason : str
        Why it was not taken; empty for the one that was.
    is_folder : bool
        Whether it is a folder that has no libzmq.
    """

    __slots__ = ("how", "is_folder", "name", "reason")

    def __init__(self, name: str, how: str, reason: str, is_folder: bool = False) -> None:
        self.name = name
        self.how = how
        self.reason = reason
        self.is_folder = is_folder

    def __repr__(self) -> str:
        return f"<{self.name!r}, {self.how}: {self.reason or 'taken'}>"


def platform() -> str:
    """Return what `sys.platform` says, or `android` for Termux of any age."""
    if hasattr(sys, "getandroidapilevel") or "com.termux" in os.environ.get("PREFIX", ""):
        return "android"
    return sys.platform


def names() -> tuple[str, ...]:
    """Return the names that libzmq may have for the dynamic loader, the likeliest first."""
    system = platform()
    if system == "darwin":
        return ("libzmq.5.dylib", "libzmq.dylib", "libzmq.4.dylib", "libzmq.3.dylib")
    if system == "win32":
        return _WINDOWS_NAMES
    if system == "cygwin":
        return ("cygzmq-5.dll", "cygzmq.dll")
    if system == "android":
        return ("libzmq.so", "libzmq.so.5")
    return ("libzmq.so.5", "libzmq.so", "libzmq.so.4", "libzmq.so.3")


def looks_here() -> bool:
    """Tell whether the dynamic loader takes a name without a folder from the current folder."""
    return platform() == "darwin"


def trouble(folder: str) -> str:
    """Return why a folder cannot be searched; nothing if it can, or if there is none."""
    try:
        with os.scandir(folder):
            return ""
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        return f"it cannot be searched: {getattr(error, 'strerror', None) or error}"


def in_folder(folder: str) -> list[str]:
    """Return the paths of a folder's files that may be libzmq, the likeliest first."""
    if platform() == "win32" or (folder == sys.prefix and getattr(sys, "frozen", False)):
        return scan(folder)  # a packed library may have its whole version in its name
    paths = [os.path.join(folder, name) for name in names()]
    return [path for path in paths if os.path.exists(path)]


def scan(folder: str) -> list[str]:
    """Return the paths of all files named like a shared libzmq, short names first."""
    try:
        found = [name for name in os.listdir(folder) if is_libzmq_name(name)]
    except (OSError, ValueError):  # the latter for names that cannot be encoded
        return []
    # "-gd-" marks a build on the debug run-time library, which few machines have.
    found.sort(key=lambda name: ("-gd-" in name, len(name), name))
    return [os.path.join(folder, name) for name in found]


def is_libzmq_name(name: str) -> bool:
    """Tell whether a file name (without folder) is that of a shared libzmq on any platform."""
    name = name.lower()
    if not name.startswith(("libzmq", "cygzmq")):
        return False
    return name.endswith((".so", ".dylib", ".dll")) or ".so." in name


def environment() -> list[str]:
    """Return the library folders of the environment that this Python belongs to.

    They are those of `sys.prefix`, of the Python under a virtual environment, and of an active
    conda environment. A prefix that the system shares is none of them.
    """
    prefixes = [sys.prefix, sys.base_prefix, os.environ.get("CONDA_PREFIX", "")]
    folders = [sys.prefix] if getattr(sys, "frozen", False) else []
    windows = platform() == "win32"
    for prefix in dict.fromkeys(prefixes):
        if windows and prefix:
            folders += [
                os.path.join(prefix, "Library", "bin"),  # conda
                os.path.join(prefix, "bin"),  # MSYS2
                os.path.join(prefix, "DLLs"),
                prefix,
            ]
        elif prefix and prefix not in SYSTEM_PREFIXES:
            folders.append(os.path.join(prefix, "lib"))
    return list(dict.fromkeys(folders))


def well_known() -> list[str]:
    """Return the folders where this platform keeps libraries; many of them may not exist."""
    system = platform()
    if system == "win32":
        folders = _windows()
    elif system == "darwin":
        folders = _macos()
    elif system == "android":
        folders = [_under("PREFIX", "lib"), "/data/data/com.termux/files/usr/lib"]
    else:
        folders = _unix()
    return list(dict.fromkeys(folder for folder in folders if os.path.isabs(folder)))


def _under(variable: str, *parts: str) -> str:
    root = os.environ.get(variable, "")
    return os.path.join(root, *parts) if root else ""


def _unix() -> list[str]:
    # Debian's multiarch name, such as x86_64-linux-gnu; builds elsewhere may lack it.
    triplet = getattr(sys.implementation, "_multiarch", "")
    folders = []
    for root in ("/usr/local", "/usr", "/"):
        if triplet:
            folders.append(os.path.join(root, "lib", triplet))
        if sys.maxsize > 2**32:
            folders.append(os.path.join(root, "lib64"))
        folders.append(os.path.join(root, "lib"))
    return [
        *folders,
        os.path.expanduser("~/.local/lib"),
        os.path.expanduser("~/.nix-profile/lib"),
        os.path.expanduser("~/.guix-profile/lib"),
        "/run/current-system/sw/lib",
        _under("HOMEBREW_PREFIX", "lib"),
        "/home/linuxbrew/.linuxbrew/lib",
        "/opt/local/lib",
        "/usr/pkg/lib",
    ]


def _macos() -> list[str]:
    return [
        _under("HOMEBREW_PREFIX", "lib"),
        "/opt/homebrew/lib",
        "/opt/homebrew/opt/zeromq/lib",
        "/usr/local/lib",
        "/usr/local/opt/zeromq/lib",
        "/opt/local/lib",
        "/opt/sw/lib",
        "/sw/lib",
        os.path.expanduser("~/.nix-profile/lib"),
    ]


def _windows() -> list[str]:
    triplets = ("x64-windows", "arm64-windows", "x86-windows")
    vcpkg = [_under("VCPKG_ROOT"), _under("VCPKG_INSTALLATION_ROOT"), "C:\\vcpkg"]
    folders = [os.path.dirname(sys.executable)]
    folders += [
        os.path.join(root, "installed", triplet, "bin")
        for root in vcpkg
        if root
        for triplet in triplets
    ]
    for variable in ("ProgramW6432", "ProgramFiles", "ProgramFiles(x86)"):
        folders += _program_folders(_under(variable))
    msys = _under("MSYS2_ROOT") or "C:\\msys64"
    folders += [
        os.path.join(msys, kind, "bin")
        for kind in ("ucrt64", "mingw64", "clang64", "clangarm64", "mingw32")
    ]
    # Since 3.8 Python keeps PATH out of the search for libraries, yet users put libzmq there.
    folders += os.environ.get("PATH", "").split(os.pathsep)
    return folders


def _program_folders(root: str) -> list[str]:
    try:
        programs = os.listdir(root) if root else []
    except OSError:
        return []
    ours = [name for name in programs if name.lower().startswith(("zeromq", "libzmq"))]
    return [os.path.join(root, name, "bin") for name in sorted(ours, reverse=True)]


def cache() -> str:
    """Return the folder where `python -m ctzmq fetch` keeps the libraries for this machine.

    It is empty where the user has no home.
    """
    system = platform()
    home = os.path.expanduser("~")
    if system == "win32":
        root = _under("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif system == "darwin":
        root = os.path.join(home, "Library", "Caches")
    else:
        root = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(root):  # the standard says to ignore a relative one
            root = os.path.join(home, ".cache")
    return os.path.join(root, "ctzmq", _machine()) if os.path.isabs(root) else ""


def _machine() -> str:
    # A home may be shared by machines of several kinds, and one machine runs several kinds.
    system = platform()
    if system == "win32":
        import sysconfig

        return sysconfig.get_platform()
    kind = f"{system}-{os.uname().machine}"
    if sys.maxsize < 2**32:
        kind += "-32bit"
    if system == "linux":
        try:
            os.confstr("CS_GNU_LIBC_VERSION")
        except (OSError, ValueError):  # only glibc knows the name
            kind += "-musl"
    return kind


def fetched() -> list[str]:
    """Return the folders that `python -m ctzmq fetch` has filled, the newest version first."""
    folder = cache()
    try:
        versions = [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError:
        return []
    versions.sort(key=_version_key, reverse=True)
    return [os.path.join(folder, name) for name in versions]


def _version_key(name: str) -> list[int]:
    return [int(part) for part in name.replace("-", ".").split(".") if part.isdigit()]
