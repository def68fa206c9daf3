"""Policies lie in folders of their own, and the one in force is exchanged whole or not at all."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from threading import Event

import pytest

from deploy.local.hotline import POLICY
from services.router.policies.policy_folders import SHIPPED, ChangedSince, NotLaidOut, PolicyFolders, lay_out
from shared.policy import Policy
from shared.policy_files import load_policy
from shared.policy_problems import PolicyInvalid
from tests.policies import boars_candidate, candidate, laid_out, rewrite
from tests.unit.router.county import zhenping


@pytest.fixture
def policy_dir(tmp_path: Path) -> Path:
    return laid_out(tmp_path / "policies")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return zhenping().policy


def test_what_is_shipped_is_in_force_and_a_candidate(policy_dir: Path, policy: Policy) -> None:
    folders = PolicyFolders(policy_dir)
    assert folders.in_force() == policy.hash == load_policy(policy_dir).hash
    assert [(one.name, one.hash) for one in folders.candidates()] == [(SHIPPED, policy.hash)]


def test_laying_out_again_keeps_what_is_in_force_and_brings_what_is_shipped_now(
    policy_dir: Path, policy: Policy, tmp_path: Path
) -> None:
    shipped = Path(shutil.copytree(POLICY, tmp_path / "update"))
    rewrite(shipped / "county.yaml", "name:", "name: 新")
    assert lay_out(policy_dir.parent, shipped) == policy.hash
    assert PolicyFolders(policy_dir).policy(SHIPPED).county.startswith("新")


def test_a_switch_takes_what_was_seen_and_nothing_that_was_written_since(policy_dir: Path) -> None:
    folder = boars_candidate(policy_dir)
    folders = PolicyFolders(policy_dir)
    seen, before = folders.policy("boars").hash, folders.in_force()
    rewrite(folder / "county.yaml", "name:", "name: 新")
    with pytest.raises(ChangedSince):
        folders.keep("boars", seen)
    assert folders.in_force() == before
    now = folders.policy("boars").hash
    folders.keep("boars", now)
    folders.switch(now)
    assert load_policy(policy_dir).hash == folders.in_force() == now
    # The candidate may be written on, and what is in force stays.
    rewrite(folder / "county.yaml", "name:", "name: 又")
    assert load_policy(policy_dir).hash == now
    assert folders.policy(before).hash == before


def test_whoever_reads_while_it_is_switched_reads_one_policy_or_the_other(policy_dir: Path) -> None:
    folder = boars_candidate(policy_dir)
    # Two files differ, so that some of each would be a third policy.
    rewrite(folder / "county.yaml", "name:", "name: 新")
    folders = PolicyFolders(policy_dir)
    both = folders.in_force(), folders.policy("boars").hash
    folders.keep("boars", both[1])
    read = Event()

    def switch_again_and_again() -> None:
        for policy_hash in cycle(both):
            folders.switch(policy_hash)
            if read.wait(0.001):
                return

    with ThreadPoolExecutor(1) as pool:
        switching = pool.submit(switch_again_and_again)
        try:
            assert {load_policy(policy_dir).hash for _ in range(4)} <= set(both)
        finally:
            read.set()
        switching.result()


def test_nothing_half_written_stays_where_a_copy_could_not_be_made(policy_dir: Path) -> None:
    folder = boars_candidate(policy_dir)
    (folder / "terms.yaml").unlink()
    folders = PolicyFolders(policy_dir)
    with pytest.raises(PolicyInvalid):
        folders.keep("boars", "0" * 64)
    assert [path.name for path in (policy_dir.parent / "versions").iterdir()] == [folders.in_force()]


def test_a_copy_that_was_altered_is_no_policy_any_more(policy_dir: Path) -> None:
    rewrite(policy_dir / "county.yaml", "name:", "name: 改")
    with pytest.raises(PolicyInvalid, match="altered"):
        load_policy(policy_dir)


def test_a_candidate_that_is_wrong_says_where_and_one_that_is_mended_has_its_hash(policy_dir: Path) -> None:
    folder = candidate(policy_dir, "draft")
    rewrite(folder / "county.yaml", "triage_desk:", "triage:")
    folders = PolicyFolders(policy_dir)
    [draft] = [one for one in folders.candidates() if one.name == "draft"]
    assert draft.hash is None
    assert {problem.file for problem in draft.problems} == {"county.yaml"}
    rewrite(folder / "county.yaml", "triage:", "triage_desk:")
    [draft] = [one for one in folders.candidates() if one.name == "draft"]
    assert (draft.hash, draft.problems) == (folders.policy("draft").hash, ())


@pytest.mark.parametrize("name", ["", "..", "../versions", "no-such", ".hidden", "0" * 64, "a/b"])
def test_a_name_leads_nowhere_else(policy_dir: Path, name: str) -> None:
    with pytest.raises(KeyError):
        PolicyFolders(policy_dir).policy(name)


@pytest.mark.parametrize("linked", [False, True])
def test_a_plain_folder_has_no_candidates_and_is_not_switched(policy: Policy, tmp_path: Path, *, linked: bool) -> None:
    (tmp_path / "link").symlink_to(POLICY)
    folders = PolicyFolders(tmp_path / "link" if linked else POLICY)
    assert folders.candidates() == []
    with pytest.raises(NotLaidOut):
        folders.switch(policy.hash)
    with pytest.raises(NotLaidOut):
        folders.policy("shipped")
