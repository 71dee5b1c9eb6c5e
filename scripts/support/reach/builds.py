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
