"""`python -m ingest`, the Procfile's line."""

import typer

from ingest.config import IngestSettings
from ingest.worker import main
from shared.entry import start

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run() -> None:
    """Takes meetings' audio and people in. Settings come from the environment; .env.example lists them."""
    start(main, IngestSettings)


if __name__ == "__main__":
    app()
