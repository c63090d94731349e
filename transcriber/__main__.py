"""`python -m transcriber`, the Procfile's line."""

import typer

from shared.entry import start
from transcriber.config import TranscriberSettings
from transcriber.worker import main

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run() -> None:
    """Turns audio into lines with speaker and time. Settings come from the environment; .env.example lists them."""
    start(main, TranscriberSettings)


if __name__ == "__main__":
    app()
