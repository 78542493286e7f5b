# udev with Debian's rules, which a machine of the lab has but does not start.
set -e
for group in $(grep -rho 'GROUP="[a-z]*"' /usr/lib/udev/rules.d | sort -u | cut -d'"' -f2); do
	grep -q "^$group:" /etc/group || echo "$group:x:$((200 + $(wc -l </etc/group))):" >>/etc/group
done
/usr/lib/systemd/systemd-udevd --daemon </dev/null >/dev/null 2>&1
udevadm trigger --subsystem-match=net
udevadm settle --timeout 60
