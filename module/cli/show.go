package cli

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"hostnet-module/module/report"
	"hostnet-module/module/spec"
)

// show prints the running topology.
func (c *Command) show(ctx context.Context, o options) int {
	out := c.output(o)
	if o.document {
		r := c.run(ctx, &spec.Document{State: spec.Gathered}, o, out)
		if r.Document == nil || !out.json {
			return out.result(r, report.Source{})
		}
		return c.print(string(r.Document.JSON()))
	}
	k, err := c.Kernel()
	if err != nil {
		return out.result(report.Broken(err), report.Source{})
	}
	h, err := k.Snapshot(ctx)
	if err != nil {
		return out.result(report.Broken(err), report.Source{})
	}
	pending := report.Confirmation(c.engine().Confirmation(ctx, k))
	if out.json {
		return out.value(report.Show(h, pending))
	}
	if err := pending.WriteText(c.Stdout, out.style); err != nil {
		return c.unwritten(err)
	}
	if err := report.Tree(c.Stdout, h, out.style); err != nil {
		return c.unwritten(err)
	}
	return done
}

// schema prints the schema of documents.
func (c *Command) schema(context.Context, options) int { return c.print(string(spec.Schema().JSON())) }

// build is what the version tells.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// version is text everywhere, unless JSON is asked for: scripts expect a line.
func (c *Command) version(_ context.Context, o options) int {
	b := build{Version: c.Version, Commit: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.read(info)
	}
	if b.Version == "" {
		b.Version = "devel"
	}
	if o.format == "json" {
		return c.output(o).value(b)
	}
	return c.print(fmt.Sprintf("hostnet-module %s (commit %s, %s, %s)\n", b.Version, b.Commit, b.Go, b.Platform))
}

func (b *build) read(info *debug.BuildInfo) {
	if b.Version == "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	modified := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	if modified {
		b.Commit += ", modified"
	}
}
