"""Child processes that may die at any moment, and typed calls to them.

llama.cpp aborts the process on a bad file and a PDF parser can hang, so both live in children. Everything between a
parent and a child is a msgspec struct in a versioned protocol, sent over a pipe; nothing is ever pickled.

One reader thread per child (in the parent) waits on the pipe and the process's sentinel at once, so that a kill is seen
within milliseconds. The child sends a beat every second from a thread of its own; a child that sends nothing for
``hang_timeout_s`` is ended. In the child, the end of the pipe means that the parent is gone: it leaves too.

``concurrent.futures.ProcessPoolExecutor`` was rejected: it pickles, and one death breaks the whole pool.
"""

from app.core.child.calls import Call
from app.core.child.exit import Exit
from app.core.child.frames import Protocol
from app.core.child.parent import ChildProcess
from app.core.child.serve import CallContext, Channel, Handler, serve

__all__ = ["Call", "CallContext", "Channel", "ChildProcess", "Exit", "Handler", "Protocol", "serve"]
