"""The window's composition root: all that lives as long as the program is made here.

First the window is painted, then the services are opened on a background thread. A child process imports ``__main__``
again (spawn) but never this module, so no child imports Qt.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QSocketNotifier, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from app.core.errors import SatchelError, StorageError
from app.core.paths import Home
from app.ui import crash, display
from app.ui.bridge import Bridge
from app.ui.drop import Dropped
from app.ui.instance import Instance, claim, handed_over
from app.ui.notices import Note
from app.ui.parts import Parts
from app.ui.rail import Memory
from app.ui.theme import Theme, ThemeChoice
from app.ui.window import MainWindow

if TYPE_CHECKING:
    from app.services.compose import Services

log = logging.getLogger(__name__)

CLOSE_S = 3.0
"""How long the services may take to stop before the program ends without them. What is saved is saved."""


PRELOAD_AFTER_MS = 500
"""The chat model is loaded when the window has come to rest, before anybody asks."""


class Program(QObject):
    """The window and its services, from the first paint to the end. ``prepare`` is done before the services open."""

    def __init__(self, application: QApplication, home: Home, prepare: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._home, self._prepare = home, prepare
        self._services: Services | None = None
        self._closed = False
        _use_language(application)
        self.bridge = Bridge()
        self.theme = Theme(application, *_appearance(home))
        self.window = MainWindow(self.theme, self.bridge, read_memory, home.root / "window.ini", home.logs)
        application.aboutToQuit.connect(self.close)

    def start(self, paths: Sequence[Path] = ()) -> None:
        """Show the window; ``paths`` are taken as if they had been dropped on it."""
        self.window.take(Dropped.of_paths(path.absolute() for path in paths))
        self.window.painted.connect(self.open_services)
        self.window.show()

    def open_services(self) -> None:
        """Open databases and make the workers' clients, not on this thread."""
        self.window.show_opening()
        self.bridge.run(self._open, self._opened, self._failed)

    def take(self, paths: Sequence[str]) -> None:
        """A second start asks for the window, and brings these."""
        self.window.come_forward()
        self.window.take(Dropped.of_paths(Path(path) for path in paths))

    @property
    def services(self) -> Services | None:
        """The services, once they are open."""
        return self._services

    def close(self) -> bool:
        """Stop all; True if it was done within :data:`CLOSE_S`."""
        if self._closed:
            return True
        self._closed = True
        self.window.hide()
        self.bridge.close()
        services = self._services
        if services is None:
            return True
        closing = threading.Thread(target=services.close, name="closing", daemon=True)
        closing.start()
        closing.join(CLOSE_S)
        if closing.is_alive():
            log.warning("the services did not stop within %.0f s", CLOSE_S)
        return not closing.is_alive()

    def _open(self) -> Services:
        from app.services.compose import Services

        self._prepare()
        services = Services.open(self._home)
        services.events.subscribe(self.bridge.publish)
        return services

    def _opened(self, services: Services) -> None:
        self._services = services
        if self._closed:
            services.close()
            return
        for sentence in services.notices:
            self.window.notices.show_note(Note(sentence, severity="warning"))
        self.window.open(
            Parts(
                theme=self.theme,
                bridge=self.bridge,
                home=self._home,
                chat=services.chat,
                documents=services.documents,
                models=services.models,
                hub=services.hub,
                connections=services.connections,
                downloads=services.downloads,
                planner=services.planner,
                settings=services.settings,
                notify=self.window.reports.tell,
            )
        )
        services.downloads.start()
        QTimer.singleShot(PRELOAD_AFTER_MS, self, self._preload)

    def _preload(self) -> None:
        if self._services is not None and not self._closed:
            self.bridge.run(self._services.models.loaded.preload)

    def _failed(self, error: SatchelError) -> None:
        log.error("the services could not be opened: %s", error)
        self.window.show_problem(error, self.open_services)


def main(argv: Sequence[str] = (), on_paint: Callable[[], None] | None = None) -> int:
    """Run the window until it is closed; ``argv`` are files and folders to take. Returns the exit code.

    ``on_paint`` is told of the first paint (for the benchmark of it).
    """
    home = Home.locate()
    with display.explained():
        application = QApplication([sys.argv[0] or "satchel"])
    application.setApplicationName("satchel")
    application.setApplicationDisplayName("Satchel")
    application.setDesktopFileName("satchel")
    paths = [Path(argument) for argument in argv]
    try:
        instance = _claim(home, paths)
    except SatchelError as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no window to say it in
        return 1
    if instance is None:
        print(handed_over(paths))  # noqa: T201 - see above
        return 0
    program = Program(application, home, lambda: _log_to_file(home))
    instance.asked.connect(program.take)
    if on_paint is not None:
        program.window.painted.connect(on_paint)
    program.window.painted.connect(instance.listen)
    uninstall = crash.install(lambda line: program.bridge.run(lambda: line, program.window.reports.tell_crash))
    with _quit_on_signals(application):
        program.start(paths)
        code = application.exec()
    clean = program.close()
    instance.release()
    uninstall()
    logging.shutdown()
    if not clean or _background_runs():
        os._exit(code)  # a call that hangs must not keep the process; everything acknowledged is on the disk
    return code


def _log_to_file(home: Home) -> None:
    from app.core import log as logs

    logs.configure(home, "window")


def read_memory() -> Memory:
    """This machine's memory, all programs together; where a container allows less, that."""
    from app.hardware.read import memory_available_bytes, memory_total_bytes

    total = memory_total_bytes()
    return Memory(max(0, total - memory_available_bytes()), total)


def _claim(home: Home, paths: Sequence[Path]) -> Instance | None:
    try:
        home.create()
    except OSError as error:
        raise StorageError(
            "Satchel cannot make its folder.",
            f"{home.root}: {error.strerror or error}.",
            "See to its permissions and the disk's space, or set SATCHEL_HOME to another folder.",
        ) from error
    return claim(home, paths)


def _appearance(home: Home) -> tuple[ThemeChoice, float]:
    """A glance into the settings file, so that the first paint has the right colours and sizes.

    Whole reading comes later: what is wrong with the file is said when the services open it.
    """
    import tomllib

    try:
        table = tomllib.loads(home.settings_file.read_text(encoding="utf-8"))["appearance"]
        chosen, scale = table.get("theme"), table.get("text_scale", 1.0)
    except (OSError, ValueError, KeyError, AttributeError):
        return "system", 1.0
    sane = isinstance(scale, (int, float)) and 0.9 <= scale <= 1.5
    return next((choice for choice in get_args(ThemeChoice) if choice == chosen), "system"), scale if sane else 1.0


def _use_language(application: QApplication) -> None:
    """Numbers as the person writes them, and Qt's own words (dialog buttons) in their language, where Qt has it."""
    if QLocale().language() == QLocale.Language.C:
        QLocale.setDefault(QLocale(QLocale.Language.English))  # "C" has no thousands separators
    translator = QTranslator(application)
    if translator.load(QLocale(), "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(translator)


def _background_runs() -> bool:
    return any(thread.name.startswith("background") and thread.is_alive() for thread in threading.enumerate())


@contextlib.contextmanager
def _quit_on_signals(application: QApplication) -> Iterator[None]:
    """SIGINT and SIGTERM close the window as its button does.

    Python's handlers run between bytecodes, and Qt's loop runs none: a byte through a socket wakes it.
    """
    import socket

    reader, writer = socket.socketpair()
    for end in (reader, writer):
        end.setblocking(False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: reader.recv(64))
    old_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    wanted = (signal.SIGINT, signal.SIGTERM)
    old = [signal.signal(number, lambda _number, _frame: application.closeAllWindows()) for number in wanted]
    try:
        yield
    finally:
        for number, handler in zip(wanted, old, strict=True):
            signal.signal(number, handler)
        signal.set_wakeup_fd(old_fd)
        notifier.setEnabled(False)
        reader.close()
        writer.close()
