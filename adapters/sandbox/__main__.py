"""`python -m adapters.sandbox`: run the sandbox until interrupted."""

from __future__ import annotations

import click

from adapters.sandbox.server import serve


@click.command(help="A helpdesk on this machine that speaks the Zendesk and the Freshdesk API.")
@click.option("--port", default=8090, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
def main(port: int) -> None:
    try:
        server = serve(port)
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be used ({error.strerror}); choose another with --port"
        ) from None
    click.echo(f"Workspace  {server.url}/")
    click.echo(f"Zendesk    {server.url}/zendesk")
    click.echo(f"Freshdesk  {server.url}/freshdesk")
    click.echo(f"Control    {server.url}/control")
    server.run()


if __name__ == "__main__":
    main()
