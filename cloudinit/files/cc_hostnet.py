"""cloud-init module: hands `hostnet:` of vendor-data or user-data to hostnet-module.

Late by nature: cloud-init reads both in its network stage, when the network is up already. The document is applied, and kept for
every later boot. It is found as a top-level Python module; hostnet-cloud-init.service runs it (cloud-init single --name hostnet),
so that no list of the distribution has to be replaced.
"""

import json
import subprocess

PROGRAM = "/usr/local/sbin/hostnet-module"

meta = {
    "id": "cc_hostnet",
    "name": "hostnet",
    "title": "Bonds, VLANs and bridges of a virtualization host",
    "description": "Hands the document under `hostnet` to hostnet-module.",
    "distros": ["all"],
    "examples": [],
    "frequency": "always",  # what was taken before is passed over in no time, and what failed is tried again
    "activate_by_schema_keys": ["hostnet"],
}
frequency = "always"
distros = ["all"]


def handle(*args, **kwargs):
    """The arguments differ by release: by name in newer ones, by place in older ones, where the configuration is the second."""
    config = kwargs["cfg"] if "cfg" in kwargs else args[1]
    document = config.get("hostnet")
    if not document:
        return
    run = subprocess.run(
        [PROGRAM, "cloud-init", "--format", "json", "-"],
        input=json.dumps(document).encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )
    if run.returncode != 0:
        raise RuntimeError("hostnet-module: " + run.stdout.decode(errors="replace").strip())
