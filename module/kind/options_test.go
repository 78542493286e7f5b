package kind

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"hostnet-module/module/attr"
)

var update = flag.Bool("update", false, "write docs/options.md anew")

const optionsFile = "../../docs/options.md"

// TestOptions: docs/options.md says what the tables say.
func TestOptions(t *testing.T) {
	want := options()
	if *update {
		if err := os.WriteFile(optionsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(optionsFile); err != nil || string(have) != want {
		t.Errorf("docs/options.md is stale (%v): go test ./module/kind -run TestOptions -update", err)
	}
}

// TestRowsAreDocumented: a row without a sentence, or a number for which the kernel alone would know the range.
func TestRowsAreDocumented(t *testing.T) {
	for _, k := range List() {
		for _, table := range []attr.Table{k.Rows, k.Port, Common} {
			for _, r := range table {
				if r.Doc == "" || strings.HasSuffix(r.Doc, ".") {
					t.Errorf("%s %s: one sentence without the final stop is wanted, not %q", k.Name, r.Name, r.Doc)
				}
			}
		}
	}
}

const optionsHead = `# Options

<!-- Made from the tables in module/kind: go test ./module/kind -run TestOptions -update -->

Every option of every kind of link, by the kernel's name. What is not given is left as it is; the kernel's own defaults hold for new
links. The keys that are no options of the kernel (` + "`name`, `members`, `addresses`" + `, …) are in [document.md](document.md).

*Change* says when the kernel takes a new value on a link that exists:

| change | what happens |
|---|---|
| live | at once; the link stays up |
| link down | the link goes down for a moment and comes up again |
| ports released | its members or ports are let go first and taken back |
| recreated | the link is made anew, with what stood on it |

Times are in the unit given; ` + "`s/100`" + ` is hundredths of a second, which the kernel rounds to its clock tick.
`

func options() string {
	var b strings.Builder
	b.WriteString(optionsHead)
	section(&b, "All links", "", Common)
	for _, k := range List() {
		section(&b, "`"+k.List+"`", capital(k.Doc)+".", k.Rows)
		if len(k.Port) > 0 {
			section(&b, "`"+k.Ports+"` of `"+k.List+"`", "Options of one of its "+k.Ports+": `{name: eth0, "+firstSettable(k.Port)+": …}`.", k.Port)
		}
	}
	return b.String()
}

func section(b *strings.Builder, title, text string, rows attr.Table) {
	fmt.Fprintf(b, "\n## %s\n", title)
	if text != "" {
		fmt.Fprintf(b, "\n%s\n", text)
	}
	if len(rows) == 0 {
		b.WriteString("\nNo options of its own.\n")
		return
	}
	b.WriteString("\n| option | values | change | meaning |\n|---|---|---|---|\n")
	for _, r := range rows {
		if !r.Hidden { // documents say `ipv6`
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", optionName(r), r.Allowed(), change(r), strings.ReplaceAll(r.Meaning(), "|", `\|`))
		}
	}
}

func optionName(r *attr.Row) string {
	if r.Alias != "" {
		return "`" + r.Name + "`, `" + r.Alias + "`"
	}
	return "`" + r.Name + "`"
}

func change(r *attr.Row) string {
	if r.SeeOnly {
		return "shown only"
	}
	return r.When.String()
}

func firstSettable(rows attr.Table) string {
	for _, r := range rows {
		if !r.SeeOnly {
			return r.Name
		}
	}
	return ""
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
