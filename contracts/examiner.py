"""The bare process that examines one PDF of unknown origin: ``python -m contracts.examiner``.

Standard input: one line of JSON (the anchors, `now`), then the file. Standard output: the examination as JSON. Limits
are set before the first byte of the file is read; there is no Django here, no database, no key, nothing to write to.
"""

import base64
import json
import resource
import sys
from dataclasses import asdict
from datetime import datetime

from asn1crypto import crl, x509

from contracts.examination import Anchors, examine

CPU_SECONDS = 8
MEMORY_BYTES = 512 * 1024 * 1024
_OPEN_FILES = 32


def main() -> None:
    """Examine the file on standard input."""
    for kind, limit in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    order = json.loads(sys.stdin.buffer.readline())
    anchors = Anchors(
        roots=[x509.Certificate.load(base64.b64decode(one)) for one in order["roots"]],
        others=[x509.Certificate.load(base64.b64decode(one)) for one in order["others"]],
        lists=[crl.CertificateList.load(base64.b64decode(one)) for one in order["lists"]],
    )
    found = examine(sys.stdin.buffer.read(), anchors=anchors, now=datetime.fromisoformat(order["now"]))
    json.dump(asdict(found), sys.stdout, default=datetime.isoformat)


if __name__ == "__main__":
    main()
