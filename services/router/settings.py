from pathlib import Path

from shared.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    http_port: int = 8102
    # HOTLINE_MODEL: what the train command wrote. Without it, what no rule places goes to the triage desk.
    model: Path | None = None
