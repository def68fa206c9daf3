from typing import Annotated

from pydantic import Field

from shared.settings import ServiceSettings


class TrackerSettings(ServiceSettings):
    http_port: int = 8103
    # Lets `clock` run the tracker ahead of the database's clock; for demonstrations, never for real cases.
    simulation: bool = False
    # Where browsers reach the intake's pages; a case leads there to its files and to its reporter. Without it, nowhere.
    intake_pages: Annotated[str, Field(pattern=r"^https?://")] | None = None
