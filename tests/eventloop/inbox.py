"""How the tests of streams wait for messages."""

from __future__ import annotations

import asyncio
from typing import Any

Inbox = Any  # an asyncio.Queue of messages

PATIENCE = 10


async def next_of(inbox: Inbox) -> Any:
    return await asyncio.wait_for(inbox.get(), PATIENCE)


async def turns(count: int = 20) -> None:
    """Let the loop do what it can do at once."""
    for _ in range(count):
        await asyncio.sleep(0)
