package topo

// Ping fails the test unless the address answers within twenty seconds.
// More options of ping(8) may follow.
func (n *Node) Ping(address string, options ...string) {
	n.t.Helper()
	argv := append([]string{"ping", "-n", "-q", "-c", "1", "-i", "0.1", "-w", "300"}, options...)
	if r := n.Exec("", append(argv, address)...); r.Exit != 0 {
		n.t.Fatalf("%s: no answer from %s\n%s%s", n, address, r.Stdout, r.Stderr)
	}
}

// NoPing fails the test if the address answers any of five requests within a second.
func (n *Node) NoPing(address string, options ...string) {
	n.t.Helper()
	argv := append([]string{"ping", "-n", "-q", "-c", "5", "-i", "0.1", "-W", "0.6"}, options...)
	if r := n.Exec("", append(argv, address)...); r.Exit == 0 {
		n.t.Fatalf("%s: %s answers, and should not\n%s", n, address, r.Stdout)
	}
}
