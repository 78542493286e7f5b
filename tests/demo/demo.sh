#!/bin/bash
# The main job on a real kernel, in a virtual machine that is gone afterwards: `make demo`. What it shows it also checks;
# the first thing that is not so ends it with exit status 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD name=demo-$$ began=$SECONDS
work=$(mktemp -d)
trap 'bin/lab stop --name "$name"; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
	bold=$'\e[1m' plain=$'\e[m'
	export ANSIBLE_FORCE_COLOR=1
fi

step=0
say() { step=$((step + 1)); printf '\n%s%d. %s%s\n\n' "$bold" $step "$*" "$plain"; }
fine() { printf '   ok: %s\n' "$*"; }
wrong() { printf '\n   NOT SO: %s\n' "$*"; exit 1; }
indent() { sed 's/^/   /'; }

# vm runs commands in the machine; quietly, for what follows from its output.
vm() { timeout 60 bin/lab ssh --name "$name" "$1"; }

# show prints commands as typed on the host, then what they say.
show() { sed 's/^/   dom0# /' <<<"$1"; vm "$1" 2>&1 | indent; }

# ansible runs the playbook, and wants to read this in the recap.
ansible() {
	printf '   $ ansible-playbook site.yml\n'
	(cd "$work" && ansible-playbook site.yml) 2>&1 | tee "$work/said" | indent || wrong "the playbook failed"
	grep -q "^.*dom0.* : .*$1 .*failed=0" "$work/said" || wrong "no $1 in the recap"
}

say 'A machine boots: a Debian kernel, no Python, two bare NICs on two switches, a router behind them'
bin/lab start --name "$name" --file bin/hostnet-module:/usr/bin/hostnet-module >"$work/line"
vm 'lab topo' >/dev/null
indent <<'PICTURE'
eth0 -- switch A --+-- switch B -- eth1
                   |
                router   192.0.2.1 on VLAN 16, 198.51.100.1 on 32, 203.0.113.1 on 48

PICTURE
show 'ip -br link show type veth'
[ -z "$(vm 'command -v python3')" ] || wrong 'there is Python'

say 'What Ansible is told'
cp tests/demo/site.yml "$work"
ln -s "$root/library" "$work/library" # where Ansible finds the module hostnet: library/ beside the playbook
sed "s/^$name /dom0 /" "$work/line" >"$work/hosts"
printf '[defaults]\ninventory = hosts\n' >"$work/ansible.cfg"
indent <"$work/site.yml"

say 'Ansible runs, over SSH'
ansible changed=1
fine 'changed=1'
show 'hostnet-module show --format text'
show 'ping -q -c 3 -i 0.2 -w 10 192.0.2.1 | tail -2'
vm 'ping -q -c 1 -w 5 192.0.2.1 >/dev/null' || wrong 'the gateway does not answer'
fine 'the host reaches its gateway, through vlan16'

say 'A guest joins vlan32, as a hypervisor does it: its port vif1.0 is put into the bridge'
show 'ip netns add guest
ip link add vif1.0 type veth peer name eth0 netns guest
ip -n guest link set eth0 up
ip -n guest address add 198.51.100.50/24 dev eth0
ip link set vif1.0 master vlan32 up'
vm 'ip netns exec guest timeout 30 tcpdump -Z root -nelti eth0 -c 2 icmp >/tmp/guest 2>/tmp/guest.up &
ip netns exec r timeout 30 tcpdump -Z root -nelti trunk -c 2 icmp >/tmp/wire 2>/tmp/wire.up &
until grep -qs ^listening /tmp/guest.up && grep -qs ^listening /tmp/wire.up; do sleep 0.1; done
ip netns exec guest ping -q -c 3 -i 0.3 -w 15 198.51.100.1 | tail -2; wait' >"$work/said"
{ echo 'guest# ping 198.51.100.1'; cat "$work/said"; } | indent
grep -q ' 0% packet loss' "$work/said" || wrong 'the guest does not reach the router'
fine 'the guest talks to the router'
printf '\n   the guest sees:   %s\n' "$(vm 'head -n 1 /tmp/guest | cut -d, -f2-')"
printf '   the wire carries: %s\n' "$(vm 'head -n 1 /tmp/wire | cut -d, -f2-')"
vm '! grep -q vlan /tmp/guest && grep -q "ethertype IPv4" /tmp/guest' || wrong 'the guest sees a tag'
vm 'grep -q "vlan 32," /tmp/wire && ! grep -v "vlan 32," /tmp/wire' || wrong 'the wire does not carry tag 32'
fine 'untagged for the guest, tag 32 on the wire'

say 'vlan48 is dumb: guests talk there, the host does not'
vm 'ip netns add guest48
ip link add vif2.0 type veth peer name eth0 netns guest48
ip -n guest48 link set eth0 up
ip -n guest48 address add 203.0.113.50/24 dev eth0
ip link set vif2.0 master vlan48 up'
arp() { # guest, address, seconds: does somebody answer?
	local code=0
	vm "ip netns exec $1 arping -q -f -c $3 -w $3 -I eth0 $2 >/dev/null" || code=$?
	case $code in
	0) printf '   %s# arping %s: an answer\n' "$1" "$2" ;;
	1) printf '   %s# arping %s: no answer\n' "$1" "$2" ;;
	*) wrong "arping: exit status $code" ;;
	esac
	return $code
}
arp guest48 203.0.113.1 10 || wrong 'the router does not answer on VLAN 48'
for address in 192.0.2.10 198.51.100.10; do
	! arp guest48 $address 3 || wrong "the host answers for $address on vlan48"
done
arp guest 198.51.100.10 10 || wrong 'the host does not answer on vlan32'
fine 'on vlan48 the router answers and the host does not; on vlan32 it does'

say 'The same playbook again: nothing changes when nothing needs to'
ansible changed=0
fine 'changed=0; the guests are still in their bridges:'
show 'hostnet-module show --format text'
vm 'bridge link show dev vif1.0 | grep -q "master vlan32" && bridge link show dev vif2.0 | grep -q "master vlan48"' ||
	wrong 'a guest lost its bridge'

say 'The active NIC loses its link, while the guest pings the router ten times a second'
was=$(vm 'cat /sys/class/net/bond0/bonding/active_slave')
printf '   dom0# ip -n sw link set port-%s down     # the cable of %s is pulled\n' "$was" "$was"
vm "(ip netns exec guest ping -q -i 0.1 -c 60 -W 1 198.51.100.1 >/tmp/pings) & sleep 2
ip -n sw link set port-$was down; wait; tail -3 /tmp/pings | head -2" | tee "$work/said" | indent
is=$(vm 'cat /sys/class/net/bond0/bonding/active_slave')
read -r sent got < <(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$work/said")
[ "$is" != "$was" ] || wrong "$was is still the active member"
[ $((sent - got)) -le 15 ] || wrong "$((sent - got)) of $sent pings lost"
vm 'ip netns exec guest ping -q -c 1 -w 5 198.51.100.1 >/dev/null' || wrong 'the guest is cut off'
show 'hostnet-module show --format text | head -3'
fine "$is took over; $((sent - got)) of $sent pings were lost"

printf '\n%sAll of it was so.%s It took %d seconds; the machine is switched off. A shell in one like it: make lab\n' "$bold" "$plain" $((SECONDS - began))
