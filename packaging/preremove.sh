#!/bin/sh
# Of deb: remove, upgrade …; of rpm: 0, 1. What runs stays as it is; what was to come back at boot does so after an upgrade too. The network
# is given back to those whose hands were taken off it.
set -e
case "$1" in
remove | deconfigure | 0)
	off=/etc/hostnet/boot-disabled
	if [ ! -e $off ]; then
		/usr/sbin/hostnet-module disable-boot >/dev/null || true
		rm -f $off # that was not said: another installation begins as the first one did
	fi
	;;
esac
