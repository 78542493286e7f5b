// Package files holds what is installed beside the program: units and init scripts, and cloud-init's hands for us. All of them call the
// program as /usr/local/sbin/hostnet-module; who installs it elsewhere replaces that.
package files

import "embed"

//go:embed *.service hostnet.init hostnet.openrc *.py
var FS embed.FS

// Read is one of the files.
func Read(name string) string {
	data, err := FS.ReadFile(name)
	if err != nil {
		panic(err) // it is built in
	}
	return string(data)
}
