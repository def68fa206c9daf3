from shared.settings import ServiceSettings


class TrackerSettings(ServiceSettings):
    http_port: int = 8103
    # Lets `clock` run the tracker ahead of the database's clock; for demonstrations, never for real cases.
    simulation: bool = False
