"""A submission that is well-formed and still cannot become a complaint."""


class SubmissionRefused(Exception):
    """The submission is well-formed but cannot become a complaint: `field` is wrong, `zh` and `en` say why."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.field = field
        self.zh = zh
        self.en = en
