"""Why a policy or a model is not tried and not switched on, as problems over HTTP: two tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.router.classifier.model_file import UnreadableModel
from services.router.classifier.model_folder import NoSuchModel
from services.router.policies.activating import InForceAlready, NeverDecides, NotTried
from services.router.policies.policy_folders import ChangedSince, NotLaidOut
from services.router.policies.trying import OneIsRunning
from shared.http import Problem
from shared.policy_problems import PolicyInvalid
from shared.policy_problems import Problem as Fault

__all__ = ["model_refused", "policy_refused", "told"]


def told(fault: Fault) -> str:
    """Where it is in Chinese, and what it is and how to mend it in English, as the check of a policy says it."""
    where = f"{fault.file} 第{fault.line}行有误。" if fault.line else f"{fault.file} 有误。"
    return f"{where} {fault}"


@contextmanager
def policy_refused(name: str) -> Iterator[None]:
    """What stands in the way of trying the policy `name` or of switching it on."""
    try:
        yield
    except KeyError:
        raise Problem(404, "没有这份政策。", "There is no such policy.") from None
    except NotLaidOut:
        raise Problem(
            409,
            "政策文件夹不是可切换的目录，请先运行 lay-out-policies。",
            "HOTLINE_POLICY_DIR is no link that could be switched; see lay-out-policies.",
        ) from None
    except PolicyInvalid as invalid:
        raise Problem(
            422,
            f"政策 {name} 有误，不能使用。",
            f"The policy {name} is wrong and cannot be used.",
            errors=[told(fault) for fault in invalid.problems],
        ) from None
    except OneIsRunning:
        raise Problem(409, "另一次试运行正在进行，请稍后再试。", "Another dry run is under way; try later.") from None
    except ChangedSince:
        raise Problem(
            409,
            "该政策在您查看之后已有改动，请重新查看并试运行。",
            "It has changed since you saw it; look and try again.",
        ) from None
    except NotTried:
        raise Problem(
            409, "该政策尚未完成试运行，不能启用。", "No dry run of this very policy is finished, so it stays off."
        ) from None
    except InForceAlready:
        raise Problem(409, "该政策已经生效。", "It is in force already.") from None


@contextmanager
def model_refused(name: str) -> Iterator[None]:
    """What stands in the way of trying the model `name` or of switching it on."""
    try:
        yield
    except NoSuchModel:
        raise Problem(404, "没有这个模型。", "There is no such model.") from None
    except UnreadableModel as unreadable:
        raise Problem(
            422,
            f"模型 {name} 有误，不能使用。",
            f"The model {name} is wrong and cannot be used.",
            errors=[str(unreadable)],
        ) from None
    except NeverDecides:
        raise Problem(
            422,
            "该模型的标签都不是本县的单位，启用后不会作出任何决定。",
            "None of its labels is a department of this county, so it would never decide.",
        ) from None
    except ChangedSince:
        raise Problem(
            409,
            "该模型在您查看之后已有改动，请重新查看并试运行。",
            "It has changed since you saw it; look and try again.",
        ) from None
    except NotTried:
        raise Problem(
            409, "该模型尚未完成试运行，不能启用。", "No dry run of this very model is finished, so it stays off."
        ) from None
    except InForceAlready:
        raise Problem(409, "该模型已经启用。", "It is in service already.") from None
