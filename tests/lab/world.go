package main

import (
	"flag"
	"fmt"
	"os"

	"hostnet-module/tests/lab/topo"
)

// world is the subcommand `lab topo`, for inside a machine: the network of package
// topo with the machine itself as the host.
func world(args []string) (int, error) {
	flags := flag.NewFlagSet("topo", flag.ContinueOnError)
	untagged := flags.Int("untagged", 0, "VLAN that the router is on without a tag, too")
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	if os.Getenv("HOSTNET_LAB") == "" && !exists(orderFile) {
		return 2, fmt.Errorf("topo: only inside the lab's machine (lab shell): it would change this host's network")
	}
	topo.New(keeper{}, topo.InRoot(), topo.Untagged(*untagged))
	fmt.Print(`The machine has two bare NICs, cabled to two switches that carry VLANs 16, 32, 48:

  eth0 -- swA --+-- swB -- eth1       namespace sw holds the switches:  ip netns exec sw bridge vlan
                |                     pull a cable:   ip -n sw link set port-eth0 down
                |                     hang a port:    bridge -n sw link set dev port-eth0 state 0
             router                   namespace r: 192.0.2.1 on VLAN 16, 198.51.100.1 on 32, 203.0.113.1 on 48

mgmt0 carries this connection; leave it alone.
`)
	return 0, nil
}

// keeper is the test that never ends: what topo builds stays.
type keeper struct{}

func (keeper) Helper()                    {}
func (keeper) Failed() bool               { return false }
func (keeper) Cleanup(func())             {}
func (keeper) Logf(f string, args ...any) { fmt.Printf(f+"\n", args...) }
func (keeper) Fatalf(f string, args ...any) {
	fmt.Fprintf(os.Stderr, "lab: "+f+"\n", args...)
	os.Exit(1)
}
