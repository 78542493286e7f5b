package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"hostnet-module/cloudinit"
	"hostnet-module/module/engine"
	"hostnet-module/module/persist"
	"hostnet-module/module/plan"
	"hostnet-module/module/report"
)

// bootVerbs are the subcommands for what happens at boot.
func bootVerbs() []verb {
	return []verb{
		{
			name: "boot", short: "bring the network up at boot (what hostnet.service calls)",
			long: `Finds the document (the kernel's hostnet.config=PATH, /etc/hostnet/, a NoCloud seed, a CIDATA disk that is no guest's,
cloud-init's configuration), waits for its network cards, and brings it up. Where it is bad, or does not
hold, what worked last comes up instead. The last result stands in /run/hostnet/result.json.`,
			flags: []string{"wait-online", "late"},
			examples: [][2]string{{"hostnet-module boot", ""}, {"hostnet-module boot --wait-online", "wait for carrier on all that came up (hostnet-wait-online.service)"},
				{"hostnet-module boot --late", "wait for the network cards that were not there (hostnet-late.service)"}},
			run: (*Command).boot,
		},
		{
			name: "cloud-init", operand: "DOCUMENT", short: "take a document from cloud-init: apply it, and at every boot",
			long: `Applies a document that cloud-init hands over in its network stage (cc_hostnet, the part handler), and keeps it for
every later boot. One that was taken before is passed over.`,
			flags:    []string{"format"},
			examples: [][2]string{{"hostnet-module cloud-init - < host.yaml", ""}},
			run:      (*Command).cloudInit,
		},
		{
			name: "enable-boot", short: "bring the network up at each boot",
			long: `Installs the program and what calls it at boot: systemd units, or an init script; with cloud-init, what hands
documents of vendor-data and user-data to us. Nothing running is changed. A run does the same by itself, unless the
document says persist: false, or disable-boot was called.`,
			flags: []string{"check", "format", "own-network", "root"},
			examples: [][2]string{{"hostnet-module enable-boot", ""},
				{"hostnet-module enable-boot --root /mnt", "in the image of a machine, before its first boot"},
				{"hostnet-module enable-boot --own-network", "and cloud-init, networkd's wait and NetworkManager leave the network to us"}},
			run: (*Command).enableBoot,
		},
		{
			name: "disable-boot", short: "bring nothing up at boot any more",
			long: `Removes what calls us at boot, and gives the network back to cloud-init and NetworkManager. The document in
/etc/hostnet stays, and so does what runs.`,
			flags:    []string{"check", "format", "root"},
			examples: [][2]string{{"hostnet-module disable-boot", ""}},
			run:      (*Command).disableBoot,
		},
		{
			name: "uninstall", short: "remove all that we have put on this host's disk",
			long:     "Removes units, links, documents and the installed program. The running network stays as it is until the next boot.",
			flags:    []string{"check", "format", "root"},
			examples: [][2]string{{"hostnet-module uninstall --check", "what would go?"}},
			run:      (*Command).uninstall,
		},
	}
}

// onlineTime is how long boot waits for carrier. A switch port with spanning tree takes thirty seconds, which nobody wants to wait for.
const onlineTime = 30 * time.Second

func (c *Command) boot(ctx context.Context, o options) int {
	if o.wait && o.late {
		return c.misused(c.verb("boot"), errors.New("--wait-online and --late exclude each other"))
	}
	b := c.booting()
	switch {
	case o.wait:
		return b.Online(ctx, onlineTime)
	case o.late:
		return b.Late(ctx)
	}
	if console, err := os.OpenFile("/dev/console", os.O_WRONLY, 0); err == nil {
		defer console.Close()
		b.Console = console
	}
	return b.Main(ctx)
}

func (c *Command) booting() *cloudinit.Boot {
	if c.Ready != nil {
		c.Ready()
	}
	b := &cloudinit.Boot{Dial: c.Kernel, Listen: c.Listen, Host: persist.Host{Root: "/"}, Runtime: c.Runtime, Root: c.Root,
		Stdout: c.Stdout, Patience: cloudinit.UsualPatience, Longest: cloudinit.UsualLongest}
	if c.Boot != nil {
		b.Host = *c.Boot
	}
	b.Disk, b.Reader, b.Anew = b.SeedDisk, cloudinit.Read, anew
	return b
}

// anew starts this process anew in its own place.
func anew() error { return syscall.Exec("/proc/self/exe", os.Args, os.Environ()) }

// host is the host whose boot is meant: this one, or one that does not run.
func (c *Command) host(o options) persist.Host {
	h := c.booting().Host
	if o.root != "" {
		h.Root = o.root
	}
	return h
}

func (c *Command) cloudInit(ctx context.Context, o options) int {
	out := c.output(o)
	data, err := c.Read(o.args[0])
	if err != nil {
		return out.result(report.Broken(err), report.Source{})
	}
	b := c.booting()
	b.Stdout = io.Discard
	r, src := b.Take(ctx, o.args[0], data)
	return out.result(r, src)
}

func (c *Command) enableBoot(_ context.Context, o options) int {
	p, err := c.host(o).Enable(o.own)
	if err != nil {
		return c.output(o).result(report.Broken(err), report.Source{})
	}
	return c.toggle(o, p)
}

func (c *Command) disableBoot(_ context.Context, o options) int {
	return c.toggle(o, c.host(o).Disable())
}

func (c *Command) uninstall(_ context.Context, o options) int {
	h := c.host(o)
	p := h.Uninstall()
	if text := h.Removed(); text != "" {
		p.Warnings = append(p.Warnings, text)
	}
	return c.toggle(o, p)
}

// toggle does, or foretells, what a plan about boot says.
func (c *Command) toggle(o options, p *persist.Plan) int {
	out := engine.Outcome{Plan: &plan.Plan{Objects: []plan.Object{p.Object}}, Warnings: p.Warnings}
	if !o.check {
		if err := p.Do(); err != nil {
			out = engine.Outcome{Failed: err, Warnings: p.Warnings}
		}
	}
	o.verbose = true // one object, whose differences are the files
	return c.output(o).result(report.From(out, report.Asked{Check: o.check}), report.Source{})
}

func (c *Command) verb(name string) verb {
	for _, v := range verbs() {
		if v.name == name {
			return v
		}
	}
	return root()
}
