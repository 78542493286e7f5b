package fake

import (
	"net"

	"hostnet-module/module/engine"
	"hostnet-module/module/guard"
)

// Guards starts a guardian for the fake in this process: it does and answers as the real one.
func (k *Kernel) Guards(c guard.Charge) (engine.Guardian, int, []string, error) {
	ours, theirs := net.Pipe()
	go guard.Serve(theirs, nil, engine.Duties(func() (engine.Kernel, error) { return k, nil }, nil))
	g, err := guard.Connect(ours, c)
	if err != nil {
		return nil, 0, nil, err
	}
	return g, 0, nil, nil
}
