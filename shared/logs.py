"""Logs as JSON lines on standard output, the libraries' included; what is logged never holds what a citizen wrote."""

import logging
import sys

import structlog


def configure_logs(service: str) -> None:
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    # Of every request, mail and batch a library would log its own line, some with addresses in it.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("__main__", "deploy", "services", "shared"):
        logging.getLogger(ours).setLevel(logging.INFO)
    # aiosmtpd's warnings and errors, too, quote what came over the line; services/intake/mail/lmtp.py logs without it.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    # Where a line cannot be written, logging would print the exception in hand with all its words.
    logging.raiseExceptions = False
    structlog.contextvars.bind_contextvars(service=service)
