"""The last step of every process's command line: settings in, exit code out."""

import os
import sys
from collections.abc import Callable
from typing import TypeVar

import typer

from shared.config import Settings, load
from shared.errors import ChimeinError, root_of
from shared.keeper import end_with_keeper
from shared.privacy import keep_to_ourselves

SettingsT = TypeVar("SettingsT", bound=Settings)


def start(main: Callable[[SettingsT], None], kind: type[SettingsT]) -> None:
    """Runs `main` with settings from the environment. Exit code 2 when settings, Redis or an engine are not usable."""
    keep_to_ourselves()
    end_with_keeper(os.environ)
    try:
        main(load(kind, os.environ))
    except Exception as error:
        cause = root_of(error)
        if not isinstance(cause, ChimeinError):
            raise
        sys.stderr.write(f"{cause}\n")
        raise typer.Exit(2) from None
