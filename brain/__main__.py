"""`python -m brain`, the Procfile's line."""

import typer

from brain.config import BrainSettings
from brain.worker import main
from shared.entry import start

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run() -> None:
    """Answers questions and writes briefings. Settings come from the environment; .env.example lists them."""
    start(main, BrainSettings)


if __name__ == "__main__":
    app()
