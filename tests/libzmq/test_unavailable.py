from __future__ import annotations

import pickle

import pytest

import ctzmq as zmq
from ctzmq.libzmq import loader, unavailable


def test_the_error_names_feature_need_and_have() -> None:
    error = unavailable.ZMQVersionError("9.1.2", "teleportation")
    have = ".".join(map(str, loader.load().version))
    assert str(error) == f"teleportation requires libzmq >= 9.1.2, have {have}"
    assert repr(error) == f"ZMQVersionError('{error}')"
    assert (error.min_version, error.msg, error.version) == ("9.1.2", "teleportation", have)


def test_the_error_is_the_public_one_and_a_not_implemented_error() -> None:
    assert unavailable.ZMQVersionError is zmq.ZMQVersionError
    assert issubclass(zmq.ZMQVersionError, NotImplementedError)


def test_the_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(unavailable.ZMQVersionError("9.1.2", "teleportation")))
    assert (error.min_version, error.msg) == ("9.1.2", "teleportation")


def test_a_stand_in_is_false_until_it_is_called() -> None:
    function = unavailable.Missing("zmq_teleport", "9.1.2", draft=False)
    assert not function
    with pytest.raises(
        unavailable.ZMQVersionError, match=r"^zmq_teleport requires libzmq >= 9\.1\.2,"
    ):
        function()


def test_a_draft_function_says_that_the_library_must_be_built_so() -> None:
    function = unavailable.Missing("zmq_teleport", "9.1.2", draft=True)
    with pytest.raises(
        unavailable.ZMQVersionError, match=r"9\.1\.2 built with its draft API, have"
    ):
        function(1, 2)
