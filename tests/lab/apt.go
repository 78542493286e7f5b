package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// apt is a package archive with its state in a directory of our own: the
// machine's lists, pins and installed packages are neither read nor changed, and no root is
// needed. Proxy settings of the machine's apt.conf do apply.
type apt struct {
	dir     string
	options []string
}

// source is one entry of the machine's own apt sources.
type source struct {
	uri, suite, origin, component string
}

// newAPT opens the archive of a Debian suite, at the mirror that this machine uses.
func newAPT(dir, suite string) (*apt, error) {
	own, err := ownSource()
	if err != nil {
		return nil, err
	}
	for _, d := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	signed := ""
	if exists(debianKeyring) {
		signed = "Signed-By: " + debianKeyring + "\n"
	}
	entry := fmt.Sprintf("Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n%s", own.uri, suite, signed)
	if err := os.WriteFile(filepath.Join(dir, "lab.sources"), []byte(entry), 0o644); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "status"), nil, 0o644); err != nil {
		return nil, err
	}
	a := &apt{dir: dir}
	for _, o := range []string{
		"Dir::State=" + dir, "Dir::State::lists=" + dir + "/lists", "Dir::State::status=" + dir + "/status",
		"Dir::Cache=" + dir + "/cache", "Dir::Cache::archives=" + dir + "/cache/archives",
		"Dir::Etc::sourcelist=" + dir + "/lab.sources", "Dir::Etc::sourceparts=/dev/null",
		"Dir::Etc::preferences=/dev/null", "Dir::Etc::preferencesparts=/dev/null",
		"APT::Architecture=amd64", "APT::Architectures=amd64", "APT::Sandbox::User=root",
		"APT::Update::Post-Invoke=", "DPkg::Post-Invoke=", "Acquire::Languages=none", "Acquire::Retries=3",
		"Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
		"Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false",
	} {
		a.options = append(a.options, "-o", o)
	}
	_, err = a.run("apt-get", "-q", "update")
	return a, err
}

const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// ownSource finds the Debian main archive among the machine's sources; it has
// every suite. The security and updates archives are others, or are named by a suite with a suffix.
func ownSource() (source, error) {
	format := "$(REPO_URI)|$(RELEASE)|$(ORIGIN)|$(COMPONENT)"
	out, err := exec.Command("apt-get", "indextargets", "--format", format, "Created-By: Packages").Output()
	if err != nil {
		return source{}, fmt.Errorf("apt-get indextargets: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) != 4 {
			continue
		}
		s := source{uri: f[0], suite: f[1], origin: f[2], component: f[3]}
		// Before the first apt-get update the origin is not known: it prints as written.
		known := s.origin == "Debian" || strings.HasPrefix(s.origin, "$")
		if known && s.component == "main" && debianSuites[s.suite] {
			return s, nil
		}
	}
	return source{}, errors.New("no Debian main archive among this machine's apt sources (apt-get indextargets)")
}

var debianSuites = map[string]bool{
	"bookworm": true, "trixie": true, "forky": true, "duke": true, "sid": true,
	"oldoldstable": true, "oldstable": true, "stable": true, "testing": true, "unstable": true,
}

// closure downloads the packages with all that they depend on and unpacks them into root.
func (a *apt) closure(root string, packages ...string) error {
	args := append([]string{"-q", "-y", "--no-install-recommends", "--download-only", "install"}, packages...)
	if _, err := a.run("apt-get", args...); err != nil {
		return err
	}
	return a.unpack(root, filepath.Join(a.dir, "cache/archives"))
}

// family downloads a package and those of its dependencies whose name starts with
// one of the prefixes, and unpacks them into root.
func (a *apt) family(root, name string, prefixes ...string) error {
	out, err := a.run("apt-cache", "depends", "--recurse", "--important", name)
	if err != nil {
		return err
	}
	args := []string{"-q", "download"}
	for line := range strings.Lines(out) {
		for _, p := range prefixes {
			if strings.HasPrefix(line, p) {
				args = append(args, strings.TrimSpace(line))
			}
		}
	}
	if _, err := a.run("apt-get", args...); err != nil {
		return err
	}
	return a.unpack(root, a.dir)
}

func (a *apt) unpack(root, dir string) error {
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return err
	}
	for _, deb := range debs {
		if _, err := a.run("dpkg-deb", "-x", deb, root); err != nil {
			return err
		}
	}
	return nil
}

// run runs one of apt's programs in our directory, with our options where it takes them.
func (a *apt) run(name string, args ...string) (string, error) {
	if name != "dpkg-deb" {
		args = append(append([]string{}, a.options...), args...)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = a.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", name, err, strings.TrimSpace(out.String()+errs.String()))
	}
	return out.String(), nil
}
