#!/bin/sh
# Of deb: remove, upgrade …; of rpm: 0, 1. The network stays as it is; what was to come back at boot is not removed with an upgrade.
set -e
case "$1" in
remove | deconfigure | 0)
	if command -v systemctl >/dev/null; then
		systemctl --quiet disable hostnet.service hostnet-late.service hostnet-wait-online.service || true
	fi
	;;
esac
