"""The last place an unexpected exception comes to: it is written to the log and said, never swallowed.

Everything a person made is on the disk before it is shown, so the window may go on.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

log = logging.getLogger("crash")
qt_log = logging.getLogger("qt")

Tell = Callable[[str], None]
"""Told, on any thread, the last line of a traceback: ``ValueError: …``."""

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def install(tell: Tell) -> Callable[[], None]:
    """Catch what nobody caught, in any thread, and Qt's own messages. Returns what puts the old hooks back."""
    old = sys.excepthook, threading.excepthook, sys.unraisablehook

    def caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            old[0](kind, error, trace)
            return
        log.error("unexpected", exc_info=(kind, error, trace))
        if sys.stderr is not None:
            traceback.print_exception(kind, error, trace)
        tell("".join(traceback.format_exception_only(kind, error)).strip().splitlines()[-1])

    def caught_in_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            caught(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def unraisable(arguments: sys.UnraisableHookArgs) -> None:
        log.error(
            "unexpected, while an object ended: %r",
            arguments.object,
            exc_info=(arguments.exc_type, arguments.exc_value or arguments.exc_type(), arguments.exc_traceback),
        )

    sys.excepthook, threading.excepthook, sys.unraisablehook = caught, caught_in_thread, unraisable
    old_messages = qInstallMessageHandler(_qt_message)

    def uninstall() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = old
        qInstallMessageHandler(old_messages)

    return uninstall


def _qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    qt_log.log(_LEVELS.get(kind, logging.WARNING), "%s: %s", context.category or "default", message)
