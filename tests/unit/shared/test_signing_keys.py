"""The issuer's keys are read once, again when it signs with a new one, and never as often as a stranger likes."""

from pathlib import Path
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from shared.auth import Role
from shared.settings import ServiceSettings, WrongSetting
from shared.signing_keys import KeysUnavailable, SigningKeys, parse_keys, read_jwks
from shared.token_verifier import BadToken, Verifier, verifier_of
from tests.tokens import AUDIENCE, ISSUER, JWKS, claims


class Provider:
    """Answers with its keys, counts how often it is asked, and may be away."""

    def __init__(self) -> None:
        self.keys: dict[str, Ed25519PrivateKey] = {}
        self.asked = 0
        self.away = False
        self.now = 1000.0

    def make(self, key_id: str) -> None:
        self.keys[key_id] = Ed25519PrivateKey.generate()

    def read(self) -> bytes:
        self.asked += 1
        if self.away:
            raise ConnectionRefusedError
        public = [
            {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id} for key_id, key in self.keys.items()
        ]
        return orjson.dumps({"keys": public})

    def verifier(self) -> Verifier:
        return Verifier(ISSUER, AUDIENCE, SigningKeys(self.read, lambda: self.now))

    def token(self, key_id: str, **others: Any) -> str:
        written = claims(Role.CLERK, **others)
        return jwt.encode(written, self.keys[key_id], algorithm="EdDSA", headers={"kid": key_id})


@pytest.fixture
def provider() -> Provider:
    provider = Provider()
    provider.make("old")
    return provider


async def test_the_keys_are_read_once_for_many_tokens(provider: Provider) -> None:
    verifier = provider.verifier()
    for number in range(5):
        await verifier.principal(provider.token("old", sub=f"clerk-{number}"))
    assert provider.asked == 1


async def test_a_new_key_works_at_once(provider: Provider) -> None:
    verifier = provider.verifier()
    await verifier.principal(provider.token("old"))
    provider.make("new")
    provider.now += 11
    await verifier.principal(provider.token("new"))


async def test_invented_key_ids_do_not_flood_the_provider(provider: Provider) -> None:
    verifier = provider.verifier()
    provider.make("invented")
    bearer = provider.token("invented")
    del provider.keys["invented"]
    for _ in range(50):
        with pytest.raises(BadToken):
            await verifier.principal(bearer)
    assert provider.asked == 1


async def test_a_withdrawn_key_is_forgotten_and_what_it_had_signed_is_refused(provider: Provider) -> None:
    verifier = provider.verifier()
    bearer = provider.token("old")
    await verifier.principal(bearer)
    provider.make("new")
    del provider.keys["old"]
    provider.now += 301
    await verifier.principal(provider.token("new"))
    with pytest.raises(BadToken):
        await verifier.principal(bearer)


async def test_a_provider_that_is_away_locks_nobody_out_whose_key_is_known(provider: Provider) -> None:
    verifier = provider.verifier()
    await verifier.principal(provider.token("old"))
    provider.away = True
    provider.now += 3600
    await verifier.principal(provider.token("old", sub="another"))


async def test_before_any_key_is_known_it_is_said_that_nothing_can_be_checked(provider: Provider) -> None:
    verifier = provider.verifier()
    provider.away = True
    with pytest.raises(KeysUnavailable):
        await verifier.principal(provider.token("old"))
    provider.away = False
    provider.now += 11
    await verifier.principal(provider.token("old"))


@pytest.mark.parametrize(
    "written",
    [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": []}', b'{"keys": [7, {"kty": "oct", "k": "AAAA"}]}', b"<"],
)
def test_what_holds_no_usable_key_is_no_jwks(written: bytes) -> None:
    with pytest.raises(ValueError, match=r"JWKS|unexpected|Input"):
        parse_keys(written)


def test_a_key_for_another_use_a_private_key_and_a_broken_one_are_passed_over() -> None:
    [good] = orjson.loads(JWKS)["keys"]
    private = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True)
    bad = [{**good, "use": "enc"}, {**good, "alg": "ES256"}, private, {**good, "x": "AAAA"}, {**good, "x": 5}]
    assert len(parse_keys(orjson.dumps({"keys": [*bad, good]}))) == 1


def settings(jwks: Path) -> ServiceSettings:
    return ServiceSettings.model_validate(
        {
            "DATABASE_URL": "postgresql://lamp@127.0.0.1/lamps",
            "KAFKA_BOOTSTRAP_SERVERS": "one:9092",
            "policy_dir": "policy",
            "http_port": 8199,
            "token_issuer": ISSUER,
            "token_audience": AUDIENCE,
            "token_jwks": str(jwks),
        }
    )


def test_a_file_without_keys_stops_the_start_and_is_named(tmp_path: Path) -> None:
    missing, wrong = tmp_path / "missing.json", tmp_path / "wrong.json"
    wrong.write_text("{}", encoding="utf-8")
    for file in (missing, wrong):
        with pytest.raises(WrongSetting, match=rf"HOTLINE_TOKEN_JWKS .*{file.name}"):
            verifier_of(settings(file))


def test_a_file_is_read_from_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_bytes(JWKS)
    assert read_jwks(str(file)) == JWKS
    verifier_of(settings(file))
