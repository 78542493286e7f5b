package main

import (
	"fmt"
	"path/filepath"
)

// foreignFiles are what a machine that is started with --arm64 needs to run programs for that architecture: QEMU's emulation
// of programs, and the kernel's module that calls it. Who wants it loads the module and says which files it is for.
func foreignFiles(k *kernel) ([]pair, error) {
	u, err := openPackages("qemu-user", userlandSuite, []string{"qemu-user"}, nil)
	if err != nil {
		return nil, err
	}
	module := filepath.Join(k.modules, "kernel/fs/binfmt_misc.ko")
	if !exists(module) {
		return nil, fmt.Errorf("%s: not there, or packed: --arm64 is for kernel 12", module)
	}
	return []pair{{filepath.Join(u.dir, "usr/bin/qemu-aarch64"), "/usr/bin/qemu-aarch64"}, {module, "/usr/lib/modules/binfmt_misc.ko"}}, nil
}
