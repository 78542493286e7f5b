package fake

import (
	"net"
	"os"

	"hostnet-module/module/engine"
	"hostnet-module/module/guard"
	"hostnet-module/module/persist"
)

// Guards starts a guardian for the fake in this process: it does and answers as the real one.
func (k *Kernel) Guards(c guard.Charge) (engine.Guardian, int, []string, error) {
	return k.GuardsWith(c, nil)
}

// GuardsWith is Guards for a host on which things come back at boot.
func (k *Kernel) GuardsWith(c guard.Charge, boot *persist.Host) (engine.Guardian, int, []string, error) {
	ours, theirs := net.Pipe()
	go guard.Serve(theirs, nil, engine.Duties(func() (engine.Kernel, error) { return k, nil }, boot))
	g, err := guard.Connect(ours, c)
	if err != nil {
		return nil, 0, nil, err
	}
	return g, os.Getpid(), nil, nil
}
