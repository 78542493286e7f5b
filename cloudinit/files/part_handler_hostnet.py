"""cloud-init part handler: hands a MIME part `text/x-hostnet` of user-data or vendor-data to hostnet-module.

Late by nature, as cc_hostnet is. The document is applied, and kept for every later boot.
"""

import logging
import subprocess

PROGRAM = "/usr/local/sbin/hostnet-module"

LOG = logging.getLogger(__name__)


def list_types():
    return ["text/x-hostnet"]


def handle_part(data, ctype, filename, payload, *args, **kwargs):
    if ctype in ("__begin__", "__end__") or not payload:
        return
    if isinstance(payload, str):
        payload = payload.encode()
    run = subprocess.run(
        [PROGRAM, "cloud-init", "--format", "json", "-"],
        input=payload, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )
    if run.returncode != 0:
        LOG.warning("hostnet-module: %s", run.stdout.decode(errors="replace").strip())
