"""The environment variables of a chief and its workers: who is who, the chief's address, who may call it.

Slide: 6-2; a search's trials do not wait for one another.

keras-tuner tells the processes apart by three environment variables: KERASTUNER_TUNER_ID (``chief``, or a
name of its own for each worker), KERASTUNER_ORACLE_IP and KERASTUNER_ORACLE_PORT, the chief's address. Here
there are three more. CHAPTER6_ORACLE_SECRET, the same for all, is sent with each call; a chief off loopback
listens only where it is set. CHAPTER6_ORACLE_CERTIFICATE names the chief's certificate, a PEM file, by which
the workers know it and all calls are encrypted. CHAPTER6_ORACLE_KEY, for the chief alone, names its key.
"""

import ipaddress
import os
import re

from chapter6.errors import InputError
from chapter6.language import _
from chapter6.search.upstream import has_chief_oracle, is_chief_oracle

LOOPBACK = "127.0.0.1"
SECRET = "CHAPTER6_ORACLE_SECRET"
CERTIFICATE = "CHAPTER6_ORACLE_CERTIFICATE"
KEY = "CHAPTER6_ORACLE_KEY"
# Characters of a secret at least: as hexadecimal digits, 64 bits, which nobody tries out over a network.
SECRET_LENGTH = 16


def is_chief():
    """Tell whether keras-tuner's environment variables make this process a chief.

    Raises:
        InputError: Some of the variables are missing, or have values that are no address.
    """
    try:
        chief = is_chief_oracle()
    except RuntimeError as error:
        # Some of the variables are set and some are not.
        raise InputError(str(error)) from None
    if has_chief_oracle():
        chief_address()
        if not os.environ["KERASTUNER_TUNER_ID"]:
            raise InputError(_("KERASTUNER_TUNER_ID must be chief or the name of a worker, received ''"))
    elif port := os.environ.get("KERASTUNER_ORACLE_PORT"):
        message = _("KERASTUNER_ORACLE_IP must be set with KERASTUNER_ORACLE_PORT, received {port} alone")
        raise InputError(message.format(port=port))
    return chief


def is_worker():
    """Tell whether keras-tuner's environment variables make this process a worker."""
    return not is_chief() and has_chief_oracle()


def chief_address():
    """Return the chief's address from the environment as gRPC reads it, ``host:port``.

    An IPv6 address gets the brackets that tell its colons from the port's.

    Raises:
        InputError: The host or the port cannot be one.
    """
    host, port = os.environ["KERASTUNER_ORACLE_IP"], os.environ["KERASTUNER_ORACLE_PORT"]
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_name = re.fullmatch(r"[^\s:/\[\]]+", bare) and not re.fullmatch(r"[\d.]+", bare)
    try:
        if not is_name and ipaddress.ip_address(bare).version == 6:
            bare = f"[{bare}]"
    except ValueError:
        message = _("KERASTUNER_ORACLE_IP must be an IP address or the name of a host, received {host!r}")
        raise InputError(message.format(host=host)) from None
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        message = _("KERASTUNER_ORACLE_PORT must be a whole number from 1 to 65535, received {port!r}")
        raise InputError(message.format(port=port))
    return f"{bare}:{port}"


def is_loopback(address):
    """Tell whether an address, ``host:port``, can be reached from this machine alone."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def secret_of_search():
    """Return the secret from the environment, None or an empty one where there is none.

    Raises:
        InputError: It is too short.
    """
    secret = os.environ.get(SECRET)
    if secret and len(secret) < SECRET_LENGTH:
        message = _("{variable} must have at least {length} characters, received {count}")
        raise InputError(message.format(variable=SECRET, length=SECRET_LENGTH, count=len(secret)))
    return secret


def content_of(variable):
    """Return the bytes of the PEM file that an environment variable names.

    Raises:
        InputError: The file cannot be read.
    """
    path = os.environ.get(variable, "")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        message = _("{variable} must name a PEM file, received {path!r} ({reason})")
        raise InputError(message.format(variable=variable, path=path, reason=error.strerror)) from None
