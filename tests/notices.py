"""Holiday notices as the tests write them."""

from shared.notices import Notice

# Invented: no notice for 2027 is known here.
NOTICE_2027 = Notice.model_validate(
    {
        "year": 2027,
        "source": "an invented notice",
        "breaks": [
            {"name": "元旦", "first": "2026-12-31", "last": "2027-01-03", "worked": ["2027-01-09"]},
            {"name": "春节", "first": "2027-02-05", "last": "2027-02-11", "worked": ["2027-02-20"]},
            {"name": "清明节", "first": "2027-04-03", "last": "2027-04-05"},
            {"name": "劳动节", "first": "2027-05-01", "last": "2027-05-04"},
            {"name": "端午节", "first": "2027-06-09", "last": "2027-06-09"},
            {"name": "中秋节", "first": "2027-09-15", "last": "2027-09-15"},
            {"name": "国庆节", "first": "2027-10-01", "last": "2027-10-07", "worked": ["2027-10-09", "2027-10-10"]},
        ],
    }
)
