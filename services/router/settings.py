from pathlib import Path

from shared.settings import PostgresSettings, ServiceSettings


class ModelSettings(PostgresSettings):
    # HOTLINE_MODEL: what the train command wrote. Without it, what no rule places goes to the triage desk.
    model: Path | None = None


class RouterSettings(ServiceSettings, ModelSettings):
    http_port: int = 8102
