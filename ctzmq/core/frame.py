"""A message of one part with its memory, its properties and its tracker."""

from __future__ import annotations

from operator import index
from typing import Any, Literal, overload

from ..error import ZMQError, check
from ..libzmq import memory, numbers, prototypes
from ..libzmq.annotations import Event
from ..libzmq.exporter import NEEDS_MEMORY, NEEDS_OFFER, Exporter, offer
from ..libzmq.provider import calls
from . import causes, payload, settings
from .buffers import contiguous, fill
from .content import Content
from .endpoint import encode_group
from .replaceable import replaceable
from .tracker import _FINISHED_TRACKER, MessageTracker

__all__ = ["Frame", "Message"]

weigh = memory.weigh

# Inside Frame, `bytes` is the property.
bytes_ = bytes


class Frame(Exporter):
    """A message of one part.

    Parameters
    ----------
    data : bytes-like, optional
        The content; any object with a contiguous buffer. Left out, the message is empty.
    track : bool
        Whether `tracker` tells when libzmq is done with the memory of `data`.
    copy : bool, optional
        Whether libzmq gets a copy of `data` or reads it where it is, in which case it must not
        change. Left out, `copy_threshold` decides.
    copy_threshold : int, optional
        The smallest size in bytes whose memory is shared; `COPY_THRESHOLD` when left out.

    Raises
    ------
    TypeError
        When `data` is a str, has no buffer, or one of Python objects.
    BufferError
        When its buffer is not contiguous.

    Source: pyzmq `zmq.Frame`.
    """

    __slots__ = (
        "__weakref__",
        "_content",
        "_memory",
        "_read",
        "_view",
        "more",
        "tracker",
        "tracker_event",
    )

    _content: Content
    _memory: Any
    _read: bytes_ | None
    _view: memoryview | None
    more: bool
    tracker: MessageTracker | None
    tracker_event: Event | None

    def __init__(
        self,
        data: Any = None,
        track: bool = False,
        copy: bool | None = None,
        copy_threshold: int | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            causes.unknown(kwargs)
        event = None
        tracker = _FINISHED_TRACKER if track else None
        message = calls.new_message()
        content = Content(message)
        if data is not None:
            source = contiguous(data)
            size = source.nbytes
            if copy is None:
                if copy_threshold is None:
                    copy_threshold = settings.copy_threshold()
                copy = size < copy_threshold
            if copy or not size:
                fill(message, source)
                if weigh is not None:
                    weigh(size)
            else:
                tracker, event = payload.lend(message, data, source, size, track)
                content.data = data
                content.readonly = source.readonly
        self._adopt(content, False, tracker, event)

    def _adopt(
        self,
        content: Content,
        more: bool,
        tracker: MessageTracker | None,
        event: Event | None = None,
    ) -> None:
        self._content = content
        self._view = None
        if NEEDS_MEMORY:
            self._memory = content.offered()
            if not _offered:
                _offer()
        self._read = None
        self.more = more
        self.tracker = tracker
        self.tracker_event = event

    @classmethod
    def _received(cls, message: Any, track: bool) -> Frame:
        """Make a frame of a message that was just received; the frame owns it from now on.

        Parameters
        ----------
        message : zmq_msg_t
            The message.
        track : bool
            Whether the frame has a tracker, which is done already.

        Returns
        -------
        Frame

        Source: own.
        """
        frame: Frame = cls.__new__(cls)
        more = calls.message_more(message) != 0
        if weigh is not None:
            weigh(calls.content(message)[1])
        frame._adopt(Content(message), more, _FINISHED_TRACKER if track else None)
        return frame

    @property
    def _exported(self) -> Any:
        return self._content.offered()

    @property
    def buffer(self) -> memoryview:
        """The frame's own memory as a memoryview of bytes, which keeps it alive.

        Source: pyzmq `Frame.buffer`.
        """
        view = self._view
        if view is None:
            content = self._content
            quick = NEEDS_MEMORY and not content.readonly
            view = self._view = memoryview(self._memory) if quick else content.view()
        return view

    @property
    def bytes(self) -> bytes_:
        """A copy of the content, made at the first access and kept.

        Source: pyzmq `Frame.bytes`.
        """
        data = self._read
        if data is None:
            data = self._read = calls.read(self._content.message)
        return data

    def _share(self) -> Content:
        """Return a new message that shares this frame's memory, for sending.

        Raises
        ------
        ZMQError
            When libzmq has no memory for it.

        Source: libzmq `zmq_msg_copy`.
        """
        mine = self._content
        content = Content(calls.new_message(), mine.lent(), mine.readonly)
        check(
            prototypes.zmq_msg_copy(calls.reference(content.message), calls.reference(mine.message))
        )
        return content

    def __copy__(self) -> Frame:
        content = self._share()
        copy: Frame = type(self).__new__(type(self))
        copy._adopt(content, self.more, self.tracker, self.tracker_event)
        return copy

    def __deepcopy__(self, memo: Any) -> Frame:
        content = Content(calls.new_message())
        fill(content.message, self.buffer)
        if weigh is not None:
            weigh(len(self))
        copy: Frame = type(self).__new__(type(self))
        copy._adopt(content, self.more, None if self.tracker is None else _FINISHED_TRACKER)
        return copy

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"cannot pickle {self!r}, whose memory is libzmq's: pickle its bytes")

    def __buffer__(self, flags: int) -> memoryview:
        return self.buffer

    def __bytes__(self) -> Any:
        return self.bytes

    def __len__(self) -> int:
        return calls.content(self._content.message)[1]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Frame):
            return self.bytes == other.bytes
        if isinstance(other, (bytes, bytearray, memoryview)):
            return self.buffer == other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.bytes)

    def __repr__(self) -> str:
        size = len(self)
        if size <= 16:
            shown = f"{self.bytes!r}"
        else:
            start = self.buffer[:12].tobytes()
            units = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3), ("B", 1))
            unit, scale = next(u for u in units if size >= u[1])
            shown = f"{start!r}...{size // scale}{unit}"
        module = "zmq" if type(self) is Frame else type(self).__module__
        return f"<{module}.{type(self).__name__}({shown})>"

    @overload
    def get(self, option: int | Literal["routing_id"]) -> int: ...
    @overload
    def get(self, option: bytes_ | Literal["group"]) -> str: ...
    @overload
    def get(self, option: int | str | bytes_) -> int | str: ...
    def get(self, option: int | str | bytes_) -> int | str:
        """Read a property of the message.

        Parameters
        ----------
        option : int or str
            A `MessageOption`; "routing_id" or "group"; or the name of a property that the peer's
            handshake or its authentication set, such as "User-Id", "Peer-Address", "Socket-Type".

        Returns
        -------
        int or str
            An int for a `MessageOption` and for "routing_id".

        Raises
        ------
        ZMQError
            EINVAL when the message has no such property.
        ZMQVersionError
            When libzmq has no draft API and the property needs it.
        TypeError
            When `option` is neither int nor str.

        Source: libzmq `zmq_msg_get`, `zmq_msg_gets`, pyzmq `Frame.get`.
        """
        reference = calls.reference(self._content.message)
        if isinstance(option, int):
            return check(prototypes.zmq_msg_get(reference, _number(option)))
        if option == "routing_id":
            number: int = prototypes.zmq_msg_routing_id(reference)
            if not number:
                raise ZMQError(numbers.EINVAL, "this message has no routing id")
            return number
        if isinstance(option, str):
            option = option.encode()
        if not isinstance(option, bytes_):
            raise TypeError(f"expected the name or number of a property, got {option!r}")
        if option == b"group":
            text = prototypes.zmq_msg_group(reference)
        else:
            text = prototypes.zmq_msg_gets(reference, option)
        if text is None:
            raise ZMQError(None, f"this message has no property {option.decode()!r}")
        return str(text.decode())

    def __getitem__(self, option: int | str | bytes_) -> int | str:
        return self.get(option)

    def _get_attr_opt(self, name: str, opt: int) -> int | str:
        return self.get(opt)

    def _set_attr_opt(self, name: str, opt: int, value: Any) -> None:
        self.set(opt, value)

    def set(self, option: int | str, value: Any) -> None:
        """Set a property of the message.

        Parameters
        ----------
        option : int or str
            "routing_id", "group", or the number of a property; libzmq has none to set yet.
        value : int or str
            A routing id is an int of 32 bits and not 0; a group is str or bytes, of 255 bytes at
            most (15 before libzmq 4.3.3).

        Raises
        ------
        ZMQError
            EINVAL when the property or the value is not valid.
        ZMQVersionError
            When libzmq has no draft API and the property needs it.
        TypeError
            When `option` is no property, or `value` not of its type.
        OverflowError
            When a routing id has more than 32 bits.
        ValueError
            When a group has a NUL.

        Source: libzmq `zmq_msg_set`, `zmq_msg_set_routing_id`, pyzmq `Frame.set`.
        """
        reference = calls.reference(self._content.message)
        if option == "routing_id":
            number = causes.number(value, "a routing id", "the one of a message received")
            if not 0 <= number < 2**32:
                raise OverflowError(f"a routing id is 1 to {2**32 - 1}, got {number}")
            if not number:
                raise ZMQError(numbers.EINVAL, "a routing id is never 0")
            check(prototypes.zmq_msg_set_routing_id(reference, number))
        elif option == "group":
            check(prototypes.zmq_msg_set_group(reference, encode_group(value)))
        elif isinstance(option, int):
            check(prototypes.zmq_msg_set(reference, _number(option), _number(value)))
        else:
            raise TypeError(f"expected 'routing_id', 'group' or a number, got {option!r}")

    @property
    def group(self) -> str:
        """The group of a RADIO-DISH message, a str. It needs a libzmq with draft API.

        Source: libzmq `zmq_msg_group`, pyzmq `Frame.group`.
        """
        return str(self.get("group"))

    @group.setter
    def group(self, group: str | bytes_) -> None:
        self.set("group", group)

    @property
    def routing_id(self) -> int:
        """The peer of a CLIENT-SERVER message, an int. It needs a libzmq with draft API.

        Source: libzmq `zmq_msg_routing_id`, pyzmq `Frame.routing_id`.
        """
        return int(self.get("routing_id"))

    @routing_id.setter
    def routing_id(self, routing_id: int) -> None:
        self.set("routing_id", routing_id)

    @property
    def srcfd(self) -> int:
        """The descriptor that the message came from.

        Source: libzmq `zmq_msg_get` (ZMQ_SRCFD), pyzmq `Frame.get`.
        """
        try:
            return int(self.get(numbers.SRCFD))
        except ZMQError as error:
            raise AttributeError(f"this message came from no descriptor: {error}") from error

    @property
    def shared(self) -> int:
        """Whether the message shares its memory with another, 1 or 0.

        Source: libzmq `zmq_msg_get` (ZMQ_SHARED), pyzmq `Frame.get`.
        """
        return int(self.get(numbers.SHARED))


replaceable(Frame, "get", "set", "_get_attr_opt", "_set_attr_opt")

Message = Frame


_offered = False
if NEEDS_OFFER and not NEEDS_MEMORY:
    offer(Frame)


def _number(value: Any) -> int:
    """Refuse a number that C would truncate."""
    number = index(value)
    if not causes.fits_int(number):
        raise ZMQError(numbers.EINVAL, f"messages have no property or value {number}")
    return number


def _offer() -> None:
    global _offered
    offer(Frame)
    _offered = True
