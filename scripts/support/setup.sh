# What scripts/demo and scripts/test do first: find a Python, make .venv, install ctzmq into it,
# and see that there is a libzmq. Sourced, not run; the caller sets `root`, the project's folder.
#
# The user may set PYTHON (the interpreter that makes .venv) and CTZMQ_LIBRARY (the libzmq to use).
# shellcheck shell=sh

venv="${root:?}/.venv"

# A test run starts thousands of Pythons: what the first one compiles is kept for the others, even
# where the user has that turned off.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX="$venv/pycache"

say() {
    printf '%s\n' "$*" >&2
}

# explain SCRIPT ARGUMENTS...: if one of them asks for help, print what the script's first lines say.
explain() {
    script=$1
    shift
    for argument; do
        case $argument in
            -h | --help) ;;
            *) continue ;;
        esac
        while read -r line; do
            case $line in
                '#!'*) continue ;;
                '#'*) line=${line#?} ;;
                *) break ;;
            esac
            printf '%s\n' "${line# }"
        done <"$script"
        exit 0
    done
}

die() {
    say "$(basename -- "$0"): $*"
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

is_root() {
    [ "$(id -u)" = 0 ]
}

# quietly COMMAND...: show what the command prints only if it fails.
quietly() {
    output=$("$@" 2>&1 </dev/null) && return
    say "$output"
    return 1
}

# is_python EXECUTABLE MINOR: is it a Python 3 of that minor version or newer?
is_python() {
    have "$1" && "$1" -c "import sys; sys.exit(sys.version_info < (3, $2))" >/dev/null 2>&1
}

# can_make_venvs EXECUTABLE: Debian keeps ensurepip in a package of its own.
can_make_venvs() {
    "$1" -c "import ensurepip, venv" >/dev/null 2>&1
}

# find_python MINOR: print the Python that is to make .venv.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_python "$PYTHON" "$1" ||
            die "PYTHON=$PYTHON is no Python 3.$1 or newer; unset it or name another one"
        echo "$PYTHON"
        return
    fi
    minor=$1
    set --
    for wanted in 11 12 13 10 14 9; do
        set -- "$@" "python3.$wanted" "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3."$wanted".*/bin/python
    done
    second_choice=
    for candidate in "$@" python3 python pypy3; do
        is_python "$candidate" "$minor" || continue
        if can_make_venvs "$candidate"; then
            echo "$candidate"
            return
        fi
        second_choice=${second_choice:-$candidate}
    done
    [ -n "$second_choice" ] || die "Python is missing: install Python 3.$minor or newer, or name one in PYTHON"
    if have apt-get && is_root; then
        say "installing python3-venv for $second_choice"
        quietly apt-get update -q || true
        quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv || true
    fi
    can_make_venvs "$second_choice" ||
        die "$second_choice cannot make virtual environments: install its venv package (Debian: apt-get install python3-venv)"
    echo "$second_choice"
}

# make_venv MINOR: make .venv, or keep the one that is there if it works and is new enough.
make_venv() {
    if is_python "$venv/bin/python" "$1" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    base=$(find_python "$1") || exit 1
    say "making .venv with $("$base" --version 2>&1 | tr '\n' ' ')"
    quietly "$base" -m venv --clear "$venv" || die "$base could not make $venv"
}

# install_ctzmq EXTRAS [GROUP]: install ctzmq from this folder with extras, if there are any, and
# with what a dependency group asks for, unless that is done already.
install_ctzmq() {
    extras=${1:+"[$1]"}
    group=${2:-}
    stamp="$venv/.installed-$1${group:+-$group}"
    state="$root $(cat "$root/pyproject.toml" "$root/ctzmq/core/version.py" | cksum)"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$state" ]; then
        return
    fi
    say "installing ctzmq$extras${group:+ and the group $group} into .venv"
    if [ -n "$group" ]; then
        "$venv/bin/python" "$root/scripts/support/groups.py" "$group" >"$venv/.wanted" ||
            die "pyproject.toml has no group $group that can be read"
    fi
    quietly "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        -e "$root$extras" ${group:+-r "$venv/.wanted"} ||
        die "pip could not install ctzmq$extras${group:+ and the group $group}; its message is above"
    echo "$state" >"$stamp"
}

# libzmq_loads: does ctzmq find a library that it can use?
libzmq_loads() {
    "$venv/bin/python" -c "import ctzmq" >/dev/null 2>&1
}

# install_libzmq_package: install libzmq with the system's package manager, if this user may.
install_libzmq_package() {
    if have brew && ! is_root; then
        say "installing libzmq: brew install zeromq"
        quietly brew install zeromq
    elif ! is_root; then
        say "not root, so the system's package manager is left alone"
        return 1
    elif have apt-get; then
        say "installing libzmq: apt-get install libzmq5"
        quietly apt-get update -q || true
        quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y -q libzmq5
    elif have dnf; then
        say "installing libzmq: dnf install zeromq"
        quietly dnf install -y zeromq
    elif have apk; then
        say "installing libzmq: apk add libzmq"
        quietly apk add libzmq
    elif have pacman; then
        say "installing libzmq: pacman -S zeromq"
        quietly pacman -Sy --noconfirm zeromq
    else
        say "found none of apt-get, dnf, apk, pacman, brew"
        return 1
    fi
}

# need_libzmq: see that there is a libzmq, else install or fetch one.
need_libzmq() {
    libzmq_loads && return
    if [ -z "${CTZMQ_LIBRARY:-}" ]; then
        install_libzmq_package && libzmq_loads && return
        say "fetching a libzmq into the user's cache: python -m ctzmq fetch"
        quietly "$venv/bin/python" -m ctzmq fetch && libzmq_loads && return
    fi
    "$venv/bin/python" -c "import ctzmq" || true
    die "libzmq is missing; the error above says where it was looked for and how to install it"
}

# prepare MINOR EXTRAS [GROUP]: everything, in order.
prepare() {
    make_venv "$1"
    install_ctzmq "$2" "${3:-}"
    need_libzmq
}

# in_parallel PYTHON: print pytest's options for two workers a core, since most tests wait.
in_parallel() {
    "$1" -c "import os; print('-n', 2 * (os.cpu_count() or 1), '--dist', 'worksteal')"
}
