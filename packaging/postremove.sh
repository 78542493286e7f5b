#!/bin/sh
# systemd is to forget the units. Documents stay until the package is purged; rpm knows no such word.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
if [ "$1" = purge ]; then
	rm -rf /etc/hostnet /var/lib/hostnet
fi
