package kind

// List names all kinds in the order in which a result shows them.
func List() []*Kind { return []*Kind{Ethernet, Bond, VLAN, Bridge} }

// Of finds a kind by the kernel's name (IFLA_INFO_KIND). Links of other kinds — NICs, taps, guests' vifs — are Ethernet:
// they are found, never made.
func Of(name string) *Kind {
	for _, k := range List() {
		if k.Name == name {
			return k
		}
	}
	return Ethernet
}

// ByList finds a kind by the document's key ("bonds"); nil if there is none.
func ByList(key string) *Kind {
	for _, k := range List() {
		if k.List == key {
			return k
		}
	}
	return nil
}

// Ethernet is any link that exists without us.
var Ethernet = &Kind{
	Name: "ethernet", List: "ethernets", Existing: true,
	Doc: "a NIC that is there already; its attributes are set, it is never created or deleted",
}
