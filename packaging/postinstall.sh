#!/bin/sh
# Of deb: configure and the version before; of rpm: 1, 2 …. At the first installation the network comes up at boot from now on: nothing, as
# long as there is no document. Who has switched that off finds it off after each upgrade. After an upgrade the units are the new ones.
set -e
if [ ! -e /etc/hostnet/boot-disabled ]; then
	/usr/sbin/hostnet-module enable-boot >/dev/null
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
