from shared.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    http_port: int = 8102
