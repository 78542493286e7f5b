# NetworkManager is to know nothing of the seed host any more.
nmcli -g UUID,TYPE connection | grep -v :loopback | cut -d: -f1 | xargs -r nmcli connection delete >/dev/null
rm -f /etc/NetworkManager/system-connections/*
nmcli connection reload
