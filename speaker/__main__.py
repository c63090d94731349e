"""`python -m speaker`, the Procfile's line."""

import typer

from shared.entry import start
from speaker.config import SpeakerSettings
from speaker.worker import main

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run() -> None:
    """Says sentences in the meeting. Settings come from the environment; .env.example lists them."""
    start(main, SpeakerSettings)


if __name__ == "__main__":
    app()
