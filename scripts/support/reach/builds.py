"""Pythons that Debian has no package of, built from Debian's sources in a root of Debian sid."""

from __future__ import annotations

import json
from pathlib import Path

from support import processes
from support.reach import places

# A list may be ahead of what the mirror holds, so that the newest version that is there is taken.
GET = r"""
cat >/etc/apt/sources.list.d/sources.list <<END
END_OF_SOURCES
END
apt-get update -q
mkdir -p "/build/$1"
cd "/build/$1"
for version in $(apt-cache showsrc "$1" | sed -n 's/^Version: //p' | sort -ruV); do
    if apt-get source -q --download-only "$1=$version"; then
        mkdir -p tree
        tar xf ./*.orig.tar.*z --strip-components=1 -C tree
        exit 0
    fi
    rm -f ./*.dsc ./*.tar.*
done
exit 7
"""

COMPILE = """
cd "/build/$1/tree"
./configure -q --disable-gil --prefix="$2" --with-ensurepip=no
make -s -j"$3" OPT="-DNDEBUG -O1"
make -s install OPT="-DNDEBUG -O1"
"$2/bin/python3" -m ensurepip
rm -rf "/build/$1"
"""


def source(root: places.Root, package: str) -> None:
    """Unpack the source of a package of Debian in ``/build``; raise Absent if it can't be had."""
    releases = ("sid", "testing", "trixie")
    lines = "\n".join(
        f"deb-src [signed-by={places.KEYRING}] {places.mirror()} {each} main" for each in releases
    )
    (root.folder / "usr/share/keyrings").mkdir(parents=True, exist_ok=True)
    script = GET.replace("END_OF_SOURCES", lines)
    ending = processes.run(
        root.command(["sh", "-euc", script, "-", package], {}, root.folder),
        places.log_file(f"source-{package}"),
        900,
    )
    if ending.code == 7:
        raise places.Absent(f"the mirror has no source of {package}")
    if ending.code != 0:
        raise places.BuildError(f"the source of {package}: {ending.output[-300:]}")


def free_threaded(root: places.Root, minor: int, jobs: int) -> str:
    """Build CPython 3.MINOR without the GIL, and return its path in the root."""
    prefix = Path("/opt", f"python3.{minor}t")
    stamp = root.folder / prefix.relative_to("/") / "made"
    if not stamp.exists():
        package = f"python3.{minor}"
        source(root, package)
        words = ["sh", "-euc", COMPILE, "-", package, str(prefix), str(jobs)]
        places.build(f"build-{prefix.name}", root.command(words, {}, root.folder), 3600)
        stamp.write_text(json.dumps(package), encoding="utf-8")
    return f"{prefix}/bin/python3"


MUSL_LIBRARIES = """
export CC=musl-gcc CFLAGS="-O1 -fPIC -I$1/include"
# musl has no headers of the kernel.
mkdir -p "$1/include"
ln -sf /usr/include/linux /usr/include/asm-generic /usr/include/*-linux-gnu/asm "$1/include/"
cd /build/zlib/tree
./configure --static --prefix="$1"
make -s -j"$2" libz.a
make -s install
cd /build/libffi/tree
if [ ! -e install-sh ]; then
    apt-get install -y -q autoconf automake libltdl-dev libtool
    autoreconf -fi
fi
./configure -q --disable-shared --disable-docs --prefix="$1" --libdir="$1/lib"
make -s -j"$2" install
"""

# musl-gcc tells the triplet of the system's own C library, which configure takes for a fault.
MUSL_PYTHON = r"""
cat >/build/cc <<'END'
#!/bin/sh
[ "$1" = --print-multiarch ] || exec musl-gcc "$@"
END
chmod +x /build/cc
export CC=/build/cc CPPFLAGS="-I$1/include" LDFLAGS="-L$1/lib" PKG_CONFIG_LIBDIR="$1/lib/pkgconfig"
export LIBFFI_CFLAGS="-I$1/include" LIBFFI_LIBS="-L$1/lib -lffi"
cd /build/python3.13/tree
./configure -q --prefix="$1" --with-ensurepip=no --disable-test-modules
make -s -j"$2" OPT="-DNDEBUG -O1"
make -s install OPT="-DNDEBUG -O1"
"$1/bin/python3" -c "import ctypes, zlib"
rm -rf /build
"""


def musl(root: places.Root, jobs: int) -> str:
    """Build CPython with musl as its C library, and return its path in the root."""
    prefix = "/opt/python3.13-musl"
    stamp = root.folder / prefix.lstrip("/") / "made"
    if not stamp.exists():
        for package in ("zlib", "libffi", "python3.13"):
            source(root, package)
        for step, script in (("libraries", MUSL_LIBRARIES), ("python", MUSL_PYTHON)):
            words = ["sh", "-euc", script, "-", prefix, str(jobs)]
            places.build(f"musl-{step}", root.command(words, {}, root.folder), 3600)
        stamp.touch()
    return f"{prefix}/bin/python3"
