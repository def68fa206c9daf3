"""A token proves who acts only if the right issuer signed it for us with the right kind of key, and lately."""

import base64
import hmac
import json
import time
from hashlib import sha256
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from shared.auth import Principal, Role
from shared.signing_keys import SigningKeys
from shared.token_verifier import BadToken, Verifier
from tests.tokens import AUDIENCE, ISSUER, JWKS, KEY, KEY_ID, claims, token, verifier

P256 = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
PAIRS = [
    ("EdDSA", KEY, OKPAlgorithm.to_jwk(KEY.public_key(), as_dict=True)),
    ("ES256", P256, ECAlgorithm.to_jwk(P256.public_key(), as_dict=True)),
    ("RS256", RSA, RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True)),
]


def knowing(*keys: dict[str, Any]) -> Verifier:
    return Verifier(ISSUER, AUDIENCE, SigningKeys(lambda: orjson.dumps({"keys": keys})))


def unsigned(header: dict[str, str], secret: bytes | None) -> str:
    """A token as an attacker makes it by hand: without a signature, or with a MAC under `secret`."""

    def written(part: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")

    content = f"{written(header)}.{written(claims(Role.ADMINISTRATOR))}"
    mac = hmac.digest(secret, content.encode(), sha256) if secret is not None else b""
    return f"{content}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


async def test_a_token_says_who_acts_with_which_roles_and_for_which_department() -> None:
    bearer = token(Role.OFFICER, Role.CLERK, department="water-supply", subject="u-17")
    assert await verifier().principal(bearer) == Principal(
        "u-17", frozenset({Role.OFFICER, Role.CLERK}), "water-supply"
    )


@pytest.mark.parametrize(("algorithm", "key", "jwk"), PAIRS)
async def test_each_of_the_three_algorithms_is_taken_with_a_key_of_its_kind(
    algorithm: str, key: Any, jwk: dict[str, Any]
) -> None:
    bearer = jwt.encode(claims(Role.CLERK), key, algorithm=algorithm, headers={"kid": "k"})
    assert (await knowing({**jwk, "kid": "k"}).principal(bearer)).roles == {Role.CLERK}


@pytest.mark.parametrize(("algorithm", "key", "_jwk"), PAIRS)
async def test_a_signature_of_another_key_is_refused(algorithm: str, key: Any, _jwk: Any) -> None:
    others = [
        {**OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key(), as_dict=True), "kid": "EdDSA"},
        {**ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True), "kid": "ES256"},
        {**RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048).public_key(), as_dict=True), "kid": "RS256"},
    ]
    for kid in ("EdDSA", "ES256", "RS256"):
        bearer = jwt.encode(claims(Role.CLERK), key, algorithm=algorithm, headers={"kid": kid})
        with pytest.raises(BadToken):
            await knowing(*others).principal(bearer)


async def test_a_public_key_is_no_secret_to_sign_with() -> None:
    """The classic confusion: HS256 with the issuer's public key as the secret."""
    for secret in (
        RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ):
        for jwk in ({**PAIRS[2][2], "kid": "k"}, {"kty": "oct", "k": base64.urlsafe_b64encode(secret).decode()}):
            checking = knowing(jwk, PAIRS[1][2])
            with pytest.raises(BadToken):
                await checking.principal(unsigned({"alg": "HS256", "typ": "JWT", "kid": "k"}, secret))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "HS512", "RS512", "PS256", "ES384", ""])
async def test_no_other_algorithm_is_taken_whatever_the_header_says(algorithm: str) -> None:
    for secret in (None, b"", JWKS):
        with pytest.raises(BadToken):
            await verifier().principal(unsigned({"alg": algorithm, "typ": "JWT", "kid": KEY_ID}, secret))


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")
async def test_a_short_rsa_key_is_not_taken() -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505  # that is the point
    bearer = jwt.encode(claims(Role.CLERK), weak, algorithm="RS256", headers={"kid": "weak"})
    jwk = {**RSAAlgorithm.to_jwk(weak.public_key(), as_dict=True), "kid": "weak"}
    with pytest.raises(BadToken):
        await knowing(jwk, PAIRS[0][2]).principal(bearer)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://login.elsewhere.test"},
        {"aud": "another-system"},
        {"aud": ["another-system", "a-third"]},
        {"exp": time.time() - 31},
        {"nbf": time.time() + 86400},
        {"iat": time.time() + 86400},
        {"exp": "tomorrow"},
        {"sub": ""},
        {"sub": 17},
        {"sub": "x" * 201},
        {"sub": "line\nbreak"},
        {"sub": "nul\x00"},
        {"roles": "administrator"},
        {"roles": {"administrator": True}},
        {"department": "../etc"},
        {"department": 5},
    ],
)
async def test_a_wrong_claim_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        await verifier().principal(token(Role.CLERK, **wrong))


@pytest.mark.parametrize("missing", ["exp", "iat", "sub", "iss", "aud"])
async def test_a_claim_that_is_needed_may_not_be_missing(missing: str) -> None:
    written = {name: value for name, value in claims(Role.CLERK).items() if name != missing}
    with pytest.raises(BadToken):
        await verifier().principal(jwt.encode(written, KEY, algorithm="EdDSA", headers={"kid": KEY_ID}))


async def test_a_clock_that_is_a_little_behind_does_no_harm() -> None:
    await verifier().principal(token(Role.CLERK, iat=int(time.time()) + 10, exp=int(time.time()) - 5))


async def test_the_providers_own_roles_are_passed_over() -> None:
    bearer = token(Role.CLERK, roles=["offline_access", "clerk", 7, ["operator"]])
    assert (await verifier().principal(bearer)).roles == {Role.CLERK}


async def test_a_token_without_roles_proves_who_somebody_is_and_allows_nothing() -> None:
    written = {name: value for name, value in claims().items() if name != "roles"}
    bearer = jwt.encode(written, KEY, algorithm="EdDSA", headers={"kid": KEY_ID})
    assert await verifier().principal(bearer) == Principal("test-user", frozenset())


async def test_an_officer_without_a_department_is_refused_in_chinese_and_english() -> None:
    with pytest.raises(BadToken) as refused:
        await verifier().principal(token(Role.OFFICER))
    assert (refused.value.zh, refused.value.en) == (
        "经办人的登录凭证须写明承办单位。",
        "An officer's token must name the department.",
    )


@pytest.mark.parametrize(
    "written", ["", "a", "a.b.c", "....", "é.ü.ö", "\udc80", "x" * 9000, "e30.e30.", "W10.W10.W10"]
)
async def test_what_is_no_token_is_refused(written: str) -> None:
    with pytest.raises(BadToken):
        await verifier().principal(written)


async def test_a_token_that_was_checked_is_not_checked_again_until_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    decode = jwt.decode

    def counting(bearer: str, *args: Any, **options: Any) -> Any:
        checked.append(bearer)
        return decode(bearer, *args, **options)

    monkeypatch.setattr(jwt, "decode", counting)
    now = time.time()
    clock = [now]
    checking = Verifier(ISSUER, AUDIENCE, SigningKeys(lambda: JWKS), lambda: clock[0])
    bearer = token(Role.CLERK, exp=int(now) + 100)
    for _ in range(3):
        await checking.principal(bearer)
    assert len(checked) == 1
    clock[0] = now + 101
    await checking.principal(bearer)
    assert len(checked) == 2


async def test_of_many_tokens_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.token_verifier._REMEMBERED_TOKENS", 3)
    checking = verifier()
    for number in range(10):
        await checking.principal(token(Role.CLERK, subject=f"clerk-{number}"))
    assert len(checking._verified) == 3  # noqa: SLF001  # the bound shows nowhere else
