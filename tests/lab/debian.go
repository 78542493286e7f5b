package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// installed are the packages of a Debian machine, beside the base system. All configure the network in some way, or use it.
var installed = []string{
	"systemd", "systemd-sysv", "udev", "dbus", "kmod", "ifupdown", "iproute2", "iputils-ping", "cloud-init",
}

// debianModules are the kernel modules that a Debian machine carries beside those that every machine of the lab has.
var debianModules = []string{
	"isofs", "vfat", "nls_cp437", "nls_ascii", "nls_iso8859_1", "nls_utf8", "virtio_rng", "autofs4", "loop", "e1000",
}

// cloudConfig is for an image without locales, SSH and a way out, where cloud-init would complain or wait.
const cloudConfig = `datasource_list: [NoCloud, None]
locale: false
manage_etc_hosts: false
apt: {preserve_sources_list: true}
ssh_deletekeys: false
ssh_genkeytypes: []
`

// imageFormat changes whenever this file changes what an image holds.
const imageFormat = "2"

// imageSize is that of the disk. It has holes: what is not used takes no room.
const imageSize = "2G"

// debianImage returns the disk of an installed Debian (an ext4 file system without partitions), which is made once. It has
// systemd, udev and cloud-init as the release has them, and has never been booted.
func debianImage(word string, k *kernel) (string, error) {
	u, err := openUserland()
	if err != nil {
		return "", err
	}
	key := sha256.Sum256(fmt.Append(nil, imageFormat, imageSize, installed, debianModules, loaded, carried, k.release))
	name := "debian-" + word + "-" + hex.EncodeToString(key[:6]) + ".img"
	return cached(name, func(work string) (string, error) {
		if os.Getuid() != 0 {
			return "", errors.New("making the disk of a Debian machine needs root (mmdebstrap runs programs of the new system in it)")
		}
		root, image := filepath.Join(work, "root"), filepath.Join(work, name)
		fmt.Fprintf(os.Stderr, "lab: installing Debian %s (%s) on a disk, once\n", word, suites[word])
		if err := bootstrap(root, suites[word]); err != nil {
			return "", err
		}
		if err := k.install(root, u.busybox()); err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(root, "etc/cloud/cloud.cfg.d/10_lab.cfg"), []byte(cloudConfig), 0o644); err != nil {
			return "", err
		}
		dropOld("debian-" + word + "-*.img")
		return image, output("mke2fs", "-q", "-t", "ext4", "-L", "root", "-O", "^metadata_csum_seed", "-d", root, image, imageSize)
	})
}

// bootstrap installs a Debian suite into a folder: without manuals and translations, which nobody reads there.
func bootstrap(root, suite string) error {
	own, err := ownSource()
	if err != nil {
		return err
	}
	conf, err := aptConf(root + ".conf")
	if err != nil {
		return err
	}
	args := []string{"--aptopt=" + conf, "--mode=root", "--variant=minbase", "--quiet", "--include=" + strings.Join(installed, ","),
		"--aptopt=APT::Install-Recommends \"false\"", "--aptopt=Acquire::Languages \"none\""}
	for _, dir := range []string{"man", "doc", "info", "locale"} {
		args = append(args, "--dpkgopt=path-exclude=/usr/share/"+dir+"/*")
	}
	source := "deb " + own.uri + " " + suite + " main"
	if exists(debianKeyring) {
		source = "deb [signed-by=" + debianKeyring + "] " + own.uri + " " + suite + " main"
	}
	return output("mmdebstrap", append(args, suite, root, source)...)
}

// aptConf writes down how this host's apt reaches its mirror (a proxy, say): the new system's does it in the same way.
func aptConf(file string) (string, error) {
	dump, err := exec.Command("apt-config", "dump", "--format", "%f \"%v\";%n", "Acquire").Output()
	if err != nil {
		return "", fmt.Errorf("apt-config dump: %w", err)
	}
	var kept strings.Builder
	for line := range strings.Lines(string(dump)) {
		for _, own := range []string{"Acquire::http", "Acquire::https", "Acquire::Check-Valid-Until", "Acquire::Retries"} {
			if strings.HasPrefix(line, own) && !strings.Contains(line, ` "";`) {
				kept.WriteString(line)
			}
		}
	}
	return file, os.WriteFile(file, []byte(kept.String()), 0o644)
}

// install puts the kernel's modules into an installed system, with their indexes.
func (k *kernel) install(root, busybox string) error {
	set, err := k.set(busybox, loaded, carried, debianModules)
	if err != nil {
		return err
	}
	for _, m := range set.order {
		path := filepath.Join(root, "usr/lib/modules", k.release, m.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, m.data, 0o644); err != nil {
			return err
		}
	}
	for _, f := range []string{"modules.builtin", "modules.builtin.modinfo", "modules.order"} {
		if data, err := os.ReadFile(filepath.Join(k.modules, f)); err == nil {
			if err := os.WriteFile(filepath.Join(root, "usr/lib/modules", k.release, f), data, 0o644); err != nil {
				return err
			}
		}
	}
	return output("chroot", root, "depmod", k.release)
}

// set is the modules of some lists with all that they need.
func (k *kernel) set(busybox string, lists ...[]string) (*moduleSet, error) {
	set, err := newModuleSet(k.modules, busybox)
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		for _, line := range list {
			name, _, _ := strings.Cut(line, " ")
			if err := set.add(name); err != nil {
				return nil, err
			}
		}
	}
	return set, nil
}

// output runs a program of this host and keeps what it says for the case that it fails.
func output(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}
