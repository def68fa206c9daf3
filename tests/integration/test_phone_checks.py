"""A citizen's telephone is checked by a code, only where they want it; the number stands in no table and no log."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
import structlog
from limits import parse

from services.intake.acceptance import Acceptance
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.reporter_api import add_reporter_routes
from services.intake.identity.vault import Keyring
from services.intake.pages import citizen_pages, phone_check
from services.intake.pages.sms import SmsAway, SmsGateway
from shared.auth import Role
from shared.policy import Policy
from shared.postgres import Pool
from tests.integration.conftest import client_of
from tests.integration.intake_pages import application, inside
from tests.tokens import bearer

PHONE = "13800000000"
TYPED = {"kind": "complaint", "text": "小区楼下的路灯坏了半个月。", "confidentiality": "named", "phone": PHONE}


class Gateway(SmsGateway):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__("http://nobody.test", b"")
        self.taken: list[tuple[str, str]] = []
        self.away = False

    async def send(self, phone: str, text: str) -> None:
        if self.away:
            raise SmsAway("OSError")
        self.taken.append((phone, text))

    @property
    def codes(self) -> Sequence[str]:
        found = [re.search(r"验证码 (\d{6})，", text) for _, text in self.taken]
        return [code[1] for code in found if code]


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture(autouse=True)
def _many_from_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(citizen_pages, "_CODES_PER_CLIENT", parse("1000/hour"))


@pytest.fixture
async def citizen(
    intake_pool: Pool,
    acceptance: Acceptance,
    county: County,
    blind_index: BlindIndex,
    keyring: Keyring,
    gateway: Gateway,
    policy: Policy,
) -> AsyncIterator[httpx.AsyncClient]:
    app = application(intake_pool, acceptance, county, blind_index, gateway=gateway)
    add_reporter_routes(app, intake_pool, keyring, lambda: policy)
    async with client_of(app) as client:
        yield client


async def new_key(citizen: httpx.AsyncClient) -> dict[str, str]:
    found = re.search(r'name="key" value="([^"]+)"', (await citizen.get("/")).text)
    assert found
    return {"key": found[1]}


async def ask(citizen: httpx.AsyncClient, key: dict[str, str], **typed: str) -> httpx.Response:
    return await citizen.post("/", data=TYPED | key | typed | {"do": "send-code"})


async def told_to_staff(citizen: httpx.AsyncClient, page: httpx.Response) -> object:
    """What somebody of the hotline reads of the telephone of the complaint that the page thanks for."""
    number = inside(page.text, "ticket-number")
    read = await citizen.post(
        f"/v1/complaints/{number}/reporter", json={"purpose": "callback"}, headers=bearer(Role.OPERATOR)
    )
    assert read.json()["reporter"]["phone"]
    return read.json()["phone_checked"]


async def test_who_types_the_code_in_has_a_checked_telephone(
    citizen: httpx.AsyncClient, gateway: Gateway, intake_pool: Pool
) -> None:
    key = await new_key(citizen)
    asked = await ask(citizen, key)
    assert asked.status_code == 200
    assert "验证码已发送" in asked.text
    assert inside(asked.text, "text") == TYPED["text"], "what was typed is kept"
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 0
    [(number, _)] = gateway.taken
    assert number == f"+86{PHONE}"
    thanks = await citizen.post("/", data=TYPED | key | {"phone_code": gateway.codes[0]})
    assert thanks.status_code == 201
    assert await told_to_staff(citizen, thanks) is True


async def test_nobody_has_to(citizen: httpx.AsyncClient) -> None:
    thanks = await citizen.post("/", data=TYPED | await new_key(citizen))
    assert thanks.status_code == 201
    assert await told_to_staff(citizen, thanks) is False


async def test_a_code_is_good_for_its_form_and_its_number_only(
    citizen: httpx.AsyncClient, gateway: Gateway, intake_pool: Pool
) -> None:
    key, another = await new_key(citizen), await new_key(citizen)
    await ask(citizen, key)
    [code] = gateway.codes
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for form in (key | {"phone_code": wrong}, another | {"phone_code": code}, key | {"phone": "13900000000"}):
        page = await citizen.post("/", data=TYPED | {"phone_code": code} | form)
        assert page.status_code == 422
        assert "验证码不正确" in inside(page.text, "phone_code-wrong")
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 0


async def test_a_code_that_was_tried_too_often_is_worth_nothing_any_more(
    citizen: httpx.AsyncClient, gateway: Gateway
) -> None:
    key = await new_key(citizen)
    await ask(citizen, key)
    [code] = gateway.codes
    wrong = f"{(int(code) + 1) % 10**6:06}"
    tries = [citizen.post("/", data=TYPED | key | {"phone_code": wrong}) for _ in range(phone_check.MOST_ATTEMPTS)]
    assert {page.status_code for page in await asyncio.gather(*tries)} == {422}
    assert (await citizen.post("/", data=TYPED | key | {"phone_code": code})).status_code == 422


async def test_an_old_code_has_expired_and_a_new_one_takes_the_place_of_the_old(
    citizen: httpx.AsyncClient, gateway: Gateway, intake_pool: Pool
) -> None:
    key = await new_key(citizen)
    await ask(citizen, key)
    await intake_pool.execute("UPDATE phone_checks SET sent_at = sent_at - $1::interval", phone_check.VALID)
    assert (await citizen.post("/", data=TYPED | key | {"phone_code": gateway.codes[0]})).status_code == 422
    while len(set(gateway.codes)) < 2:
        await ask(citizen, key)
    assert (await citizen.post("/", data=TYPED | key | {"phone_code": gateway.codes[0]})).status_code == 422
    assert (await citizen.post("/", data=TYPED | key | {"phone_code": gateway.codes[-1]})).status_code == 201


async def test_a_number_gets_few_codes_an_hour_and_a_day_however_it_is_written_and_whoever_asks(
    citizen: httpx.AsyncClient, gateway: Gateway, intake_pool: Pool
) -> None:
    written = [PHONE, f"+86 {PHONE}", "138-0000-0000", PHONE, PHONE, PHONE]
    for expected in (phone_check.PER_HOUR, phone_check.PER_DAY, phone_check.PER_DAY):
        keys = [await new_key(citizen) for _ in written]
        await asyncio.gather(*(ask(citizen, key, phone=phone) for key, phone in zip(keys, written, strict=True)))
        assert len(gateway.taken) == expected
        await intake_pool.execute("UPDATE phone_checks SET sent_at = sent_at - interval '1 hour'")
    refused = await ask(citizen, await new_key(citizen))
    assert refused.status_code == 422
    assert "过于频繁" in inside(refused.text, "phone-wrong")
    assert (await ask(citizen, await new_key(citizen), phone="13900000000")).status_code == 200


async def test_a_client_asks_for_few_codes_an_hour(
    citizen: httpx.AsyncClient, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(citizen_pages, "_CODES_PER_CLIENT", parse("2/hour"))
    statuses = [(await ask(citizen, {}, phone=f"1380000000{number}")).status_code for number in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert len(gateway.taken) == 2


@pytest.mark.parametrize("phone", ["", "138", "0851-22223333", f"{PHONE}/13900000000"])
async def test_only_one_whole_mobile_number_gets_a_code(
    citizen: httpx.AsyncClient, gateway: Gateway, phone: str
) -> None:
    page = await ask(citizen, {}, phone=phone)
    assert page.status_code == 422
    assert "完整的手机号码" in inside(page.text, "phone-wrong")
    assert gateway.taken == []


async def test_where_no_message_can_be_sent_the_complaint_is_taken_all_the_same(
    citizen: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.away = True
    key = await new_key(citizen)
    assert "短信暂时无法发送" in inside((await ask(citizen, key)).text, "phone-wrong")
    assert (await citizen.post("/", data=TYPED | key)).status_code == 201


async def test_a_form_sent_again_with_another_number_does_not_make_the_first_one_checked(
    citizen: httpx.AsyncClient, gateway: Gateway
) -> None:
    key = await new_key(citizen)
    await citizen.post("/", data=TYPED | key)
    other = {"phone": "13900000000"}
    await ask(citizen, key, **other)
    again = await citizen.post("/", data=TYPED | key | other | {"phone_code": gateway.codes[0]})
    assert again.status_code == 200
    assert await told_to_staff(citizen, again) is False


async def test_of_an_anonymous_complaint_nothing_is_checked_and_nothing_noted(
    citizen: httpx.AsyncClient, gateway: Gateway, intake_pool: Pool
) -> None:
    key = await new_key(citizen)
    await ask(citizen, key)
    form = TYPED | key | {"phone_code": gateway.codes[0], "confidentiality": "anonymous"}
    assert (await citizen.post("/", data=form)).status_code == 201
    assert await intake_pool.fetchval("SELECT count(*) FROM checked_phones") == 0


async def test_neither_the_number_nor_the_code_is_in_a_table_or_a_log(
    citizen: httpx.AsyncClient, gateway: Gateway, intake_pool: Pool
) -> None:
    with structlog.testing.capture_logs() as logs:
        key = await new_key(citizen)
        await ask(citizen, key)
        gateway.away = True
        await ask(citizen, key)
    assert [entry["event"] for entry in logs] == ["phone_code_not_sent"]
    assert PHONE not in str(logs)
    kept = await intake_pool.fetch("SELECT form_key::text, trace, code_hash, attempts FROM phone_checks")
    assert len(kept) == 2
    for row in kept:
        assert row["form_key"] == key["key"]
        assert (len(row["trace"]), len(row["code_hash"]), row["attempts"]) == (32, 32, 0)
