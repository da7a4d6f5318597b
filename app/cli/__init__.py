"""Satchel without a window: the same services, plain text for people and JSON for programs.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 it failed (said on stderr as what, why and
what next), 2 the command line was not understood, 130 Ctrl-C. ``docs/command-line.md`` lists the keys of ``--json``.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.cli.parser import build_parser
from app.cli.terminal import OutputClosed, Terminal


def run(arguments: Sequence[str]) -> int:
    """Carry out one command; returns the exit code."""
    options = build_parser().parse_args(arguments)
    terminal = Terminal()

    # Only now: `satchel --help` has no need of them.
    from app.cli.advice import command_for
    from app.cli.commands import COMMANDS
    from app.cli.network import write_connections
    from app.cli.notices import Notices
    from app.core import log
    from app.core.disk import write_trouble
    from app.core.errors import SatchelError
    from app.core.paths import Home
    from app.services.compose import Services

    home = Home.locate()
    try:
        home.create()
        log.configure(home, "command-line", verbose=options.verbose)
        services = Services.open(home)
        try:
            for sentence in services.notices:
                terminal.note(sentence)
            services.events.subscribe(Notices(terminal).listen)
            try:
                code = COMMANDS[options.command](services, terminal, options)
            finally:
                if options.connections:
                    write_connections(services, terminal, options)
        finally:
            services.close()
        terminal.flush()
        return code
    except OutputClosed as closed:
        terminal.give_up()
        if closed.problem is not None:
            terminal.error(closed.problem)
        return 1
    except KeyboardInterrupt:
        terminal.note("Stopped.")
        return 130
    except SatchelError as error:
        terminal.error(error)
        if command := command_for(error):
            terminal.note(f"  In a terminal: {command}")
        return 1
    except OSError as error:
        terminal.error(write_trouble("Satchel cannot use its folder.", home.root, error))
        return 1
