"""Where the vault's keys come from: the environment, a file, or a command that asks a key management service."""

import shlex
import subprocess

from services.intake.identity.vault import Keyring
from services.intake.settings import VaultSettings
from shared.settings import WrongSetting

_PATIENCE_SECONDS = 30
_NAMES = ("HOTLINE_VAULT_KEYS", "HOTLINE_VAULT_KEYS_FILE", "HOTLINE_VAULT_KEYS_COMMAND")


def read_keyring(settings: VaultSettings) -> Keyring:
    """The keys from the one source that is set; WrongSetting names the setting that is wrong and never shows a key."""
    environment, file, command = settings.vault_keys, settings.vault_keys_file, settings.vault_keys_command
    if sum(source is not None for source in (environment, file, command)) != 1:
        raise WrongSetting(f"Set exactly one of {', '.join(_NAMES)}: the keys of the vault come from one place.")
    if environment is not None:
        return environment
    if file is not None:
        name = _NAMES[1]
        try:
            written = file.read_text(encoding="utf-8")
        except OSError as error:
            raise WrongSetting(f"{name}: {file} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise WrongSetting(f"{name}: {file} is no UTF-8 text") from None
    else:
        name = _NAMES[2]
        written = _output(name, command or "")
    try:
        return Keyring.parse(written)
    except ValueError as error:
        raise WrongSetting(f"{name}: {error}") from None


def _output(name: str, command: str) -> str:
    """What the command says on its standard output. What it says elsewhere may hold a secret and is not repeated."""
    try:
        done = subprocess.run(  # noqa: S603  # the operator's own command, without a shell
            shlex.split(command),
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            check=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
        )
    except subprocess.CalledProcessError as error:
        raise WrongSetting(f"{name}: the command ended with status {error.returncode}") from None
    except subprocess.TimeoutExpired:
        raise WrongSetting(f"{name}: the command took longer than {_PATIENCE_SECONDS} s") from None
    except (OSError, IndexError) as error:
        raise WrongSetting(f"{name}: the command cannot be run ({type(error).__name__})") from None
    except UnicodeDecodeError:
        raise WrongSetting(f"{name}: the command's output is no UTF-8 text") from None
    except ValueError:
        raise WrongSetting(f"{name}: the command is not written as a shell would read it") from None
    return done.stdout
