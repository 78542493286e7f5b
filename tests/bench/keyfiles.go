package main

import "fmt"

// keyfiles writes nm-settings-keyfile(5), and the script that lets NetworkManager carry them out.
func keyfiles(n int) map[string]string {
	const noIP = "[ipv4]\nmethod=disabled\n[ipv6]\nmethod=disabled\n"
	connection := func(kind, name, more string) string {
		return fmt.Sprintf("[connection]\nid=%[1]s\ntype=%[2]s\ninterface-name=%[1]s\n%[3]s", name, kind, more)
	}
	files := map[string]string{
		"networkmanager":          networkManagerScript,
		"networkmanager.conf":     "[main]\nplugins=keyfile\nauth-polkit=false\nno-auto-default=*\ndns=none\nhostname-mode=none\n",
		"keys/bond0.nmconnection": connection("bond", "bond0", "[bond]\nmode=active-backup\nmiimon=100\n"+noIP),
		"keys/eth0.nmconnection":  connection("ethernet", "eth0", "master=bond0\nslave-type=bond\n"),
		"keys/eth1.nmconnection":  connection("ethernet", "eth1", "master=bond0\nslave-type=bond\n"),
	}
	for id := 1; id <= n; id++ {
		vlan, bridge := fmt.Sprintf("bond0.%d", id), fmt.Sprintf("vlan%d", id)
		files["keys/"+vlan+".nmconnection"] = connection("vlan", vlan, fmt.Sprintf("master=%s\nslave-type=bridge\n[vlan]\nid=%d\nparent=bond0\n", bridge, id))
		files["keys/"+bridge+".nmconnection"] = connection("bridge", bridge, "[bridge]\nstp=false\n"+noIP)
	}
	return files
}

// networkManagerScript has a bus and the connections there only while NetworkManager runs: the other managers are to meet neither.
// What it remembers of links in /run stays from the first start to the second, as on a host.
const networkManagerScript = `keys=/etc/NetworkManager/system-connections
[ "$1" != first ] || rm -rf /run/NetworkManager /var/lib/NetworkManager/*
rm -rf $keys; mkdir -p /etc/NetworkManager /run/NetworkManager
cp -r keys $keys; chmod 600 $keys/*
rm -f /run/dbus/system_bus_socket
dbus-daemon --system --nofork --nopidfile >bus.log 2>&1 & bus=$!
n=0
until [ -S /run/dbus/system_bus_socket ] || [ $n -ge 200 ]; do n=$((n+1)); busybox usleep 50000; done
NetworkManager --debug --config networkmanager.conf >networkmanager.log 2>&1 & manager=$!
want=$(ls keys | wc -l)
nm-online -s -q -t 600
n=0
until [ "$(nmcli -t -f TYPE,STATE connection show --active 2>&1 | grep -v ^loopback | grep -c ':activated$')" -ge "$want" ] || [ $n -ge 20 ]; do n=$((n+1)); busybox usleep 50000; done
[ $n -lt 20 ] || nmcli -t -f NAME,STATE connection show >states 2>&1
kill $manager; wait $manager || true
kill $bus; wait $bus || true
rm -rf $keys
[ $n -lt 20 ] || { cat bus.log states >&2; grep -v '<debug>' networkmanager.log | tail -n 60 >&2; exit 1; }
`
