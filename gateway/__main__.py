"""`python -m gateway`, the Procfile's line."""

import typer

from gateway.config import GatewaySettings
from gateway.server import main
from shared.entry import start

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run() -> None:
    """Serves the HTTP API, the live streams and the console page. Settings come from the environment."""
    start(main, GatewaySettings)


if __name__ == "__main__":
    app()
