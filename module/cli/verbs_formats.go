package cli

// formatVerbs are the subcommands for other people's formats.
func formatVerbs() []verb {
	return []verb{
		{
			name: "convert", operand: "[FILE…]", short: "make a document of ifupdown's, netplan's or cloud-init's files",
			long: `Makes a document of another manager's configuration, and prints it. Each line that could not be taken over is told
on standard error, with its file and line, and in the document's first lines. Changes nothing, needs no root.

Without FILE it is this host's own: /etc/network/interfaces, or the files in /etc/netplan. What a file includes is read
too; several are taken together. cloud-init's network-config may be of version 1 or 2.
Exit: 0 done, be it with lines left; 1 nothing could be taken over, or with --strict a line is left; 2 usage.`,
			flags: []string{"from", "root", "dumb", "strict", "format"},
			examples: [][2]string{{"hostnet-module convert --from ifupdown > host.yaml", "this host's"},
				{"hostnet-module convert --from ifupdown --root /mnt --strict", "another one's, below /mnt; fails if a line cannot be taken over"},
				{"hostnet-module convert --from ifupdown interfaces | hostnet-module --check -", "what would it change here?"},
				{"hostnet-module convert --from cloud-init network-config", ""}},
			run: (*Command).convert,
		},
		{
			name: "render", operand: "DOCUMENT", short: "write a document as files of ifupdown, netplan or networkd",
			long: `Writes a document as files for the tools of the distribution, for a host that these shall bring up. What they cannot do
is told on standard error. Changes nothing of the network, needs no root. Exit: 0 done, 1 failed, or with --strict
something is not in the files, 2 bad document or usage.`,
			flags: []string{"to", "output-dir", "strict", "format"},
			examples: [][2]string{{"hostnet-module render --to networkd host.yaml", "prints all files"},
				{"hostnet-module render --to ifupdown --output-dir / host.yaml", "writes them where they belong"}},
			run: (*Command).render,
		},
	}
}
