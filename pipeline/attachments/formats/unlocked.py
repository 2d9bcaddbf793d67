"""An Office package behind a password in, the package out where it is the one that every Excel tries by itself."""

import io

import msoffcrypto

from pipeline.core.errors import Reject
from pipeline.core.models import Reason

_EVERYBODYS = "VelvetSweatshop"  # of sheets that are protected against changes: [MS-OFFCRYPTO] 2.4.2.3


def unlocked(data: bytes) -> bytes:
    """The package; Reject if it wants another password."""
    plain = io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        file.load_key(password=_EVERYBODYS, verify_password=True)
        file.decrypt(plain)
    except Exception as error:  # the library raises its own and those of three others
        raise Reject(Reason.ENCRYPTED, str(error)) from error
    return plain.getvalue()
