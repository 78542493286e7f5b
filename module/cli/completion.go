package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// shells are those that can be taught our words.
func shells() []string { return []string{"bash", "fish", "zsh"} }

func completionVerb() verb {
	return verb{
		name: "completion", operand: "SHELL", short: "completion of subcommands and flags, for " + strings.Join(shells(), ", "),
		long: "Prints a script that teaches a shell (" + strings.Join(shells(), ", ") + ") our subcommands, their flags and the words that these take.",
		examples: [][2]string{{"hostnet-module completion bash > /etc/bash_completion.d/hostnet-module", ""},
			{"hostnet-module completion zsh > /usr/local/share/zsh/site-functions/_hostnet-module", ""},
			{"hostnet-module completion fish > /etc/fish/completions/hostnet-module.fish", ""}},
		run: (*Command).completion,
	}
}

func (c *Command) completion(_ context.Context, o options) int {
	script, ok := map[string]func() string{"bash": bashCompletion, "fish": fishCompletion, "zsh": zshCompletion}[o.args[0]]
	if !ok {
		return c.misused(completionVerb(), fmt.Errorf("%q: must be one of %s", o.args[0], strings.Join(shells(), ", ")))
	}
	return c.print(script())
}

// flag is one of a verb's, as shells want to know it.
type flag struct {
	name, short, text string
	value             bool     // it takes one
	words             []string // that it takes; none: a file, or anything
}

func (v verb) completedFlags() (list []flag) {
	v.flagSet(&options{}).VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		word, text := pflag.UnquoteUsage(f)
		one := flag{name: f.Name, short: f.Shorthand, text: strings.NewReplacer("`", "", "'", "").Replace(text), value: f.Value.Type() != "bool"}
		if one.value && strings.Contains(word, "|") {
			one.words = strings.Split(word, "|")
		}
		list = append(list, one)
	})
	return append(list, flag{name: "help", short: "h", text: "explain it"})
}

// operands are the words that a verb takes; none: files, if it takes something.
func (v verb) operands() []string {
	switch v.name {
	case "help":
		return names()
	case "completion":
		return shells()
	}
	return nil
}

// all are the verbs, with the one that has no name first.
func all() []verb { return append([]verb{root()}, verbs()...) }

func bashCompletion() string {
	var b strings.Builder
	b.WriteString(`# bash completion for hostnet-module
_hostnet_module() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= flags= words= files=
	[[ $word == = ]] && word=
	[[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}
	((COMP_CWORD > 1)) && verb=${COMP_WORDS[1]}
	case $verb,$before in
`)
	for _, v := range all() {
		for _, f := range v.completedFlags() {
			if f.value {
				fmt.Fprintf(&b, "\t%s,--%s) COMPREPLY=($(compgen %s -- \"$word\")); return ;;\n", orAny(v.name), f.name, bashWords(f.words))
			}
		}
	}
	b.WriteString("\tesac\n\tcase $verb in\n")
	for _, v := range append(verbs(), root()) {
		var flags []string
		for _, f := range v.completedFlags() {
			flags = append(flags, "--"+f.name)
		}
		files := ""
		if v.operand != "" && v.operands() == nil {
			files = " files=1"
		}
		operands := v.operands()
		if v.name == "" {
			operands = names()
		}
		fmt.Fprintf(&b, "\t%s) flags=%q words=%q%s ;;\n", orAny(v.name), strings.Join(flags, " "), strings.Join(operands, " "), files)
	}
	b.WriteString(`	esac
	((COMP_CWORD > 1)) && [[ $verb == -* || -z $flags ]] && words=
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$flags" -- "$word"))
	else
		COMPREPLY=($(compgen -W "$words" -- "$word"))
		[[ -n $files ]] && COMPREPLY+=($(compgen -f -- "$word"))
	fi
}
complete -o filenames -F _hostnet_module hostnet-module
`)
	return b.String()
}

// orAny is a verb's name in a pattern; that of the one without a name is any.
func orAny(name string) string {
	if name == "" {
		return "*"
	}
	return name
}

func bashWords(words []string) string {
	if len(words) == 0 {
		return "-f"
	}
	return fmt.Sprintf("-W %q", strings.Join(words, " "))
}

func fishCompletion() string {
	var b strings.Builder
	quoted := func(text string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'" }
	b.WriteString("# fish completion for hostnet-module\n")
	var files []string
	for _, v := range all() {
		condition := "__fish_seen_subcommand_from " + v.name
		if v.name == "" {
			condition = "not __fish_seen_subcommand_from " + strings.Join(names(), " ")
		} else {
			fmt.Fprintf(&b, "complete -c hostnet-module -n %s -a %s -d %s\n", quoted("__fish_is_first_arg"), v.name, quoted(v.short))
			if v.operand == "" || v.operands() != nil {
				files = append(files, v.name)
			}
		}
		if words := v.operands(); words != nil {
			fmt.Fprintf(&b, "complete -c hostnet-module -n %s -a %s\n", quoted(condition), quoted(strings.Join(words, " ")))
		}
		for _, f := range v.completedFlags() {
			fmt.Fprintf(&b, "complete -c hostnet-module -n %s -l %s -d %s", quoted(condition), f.name, quoted(f.text))
			if f.short != "" {
				b.WriteString(" -s " + f.short)
			}
			if f.value {
				b.WriteString(" -r")
			}
			if len(f.words) > 0 {
				b.WriteString(" -f -a " + quoted(strings.Join(f.words, " ")))
			}
			b.WriteString("\n")
		}
	}
	fmt.Fprintf(&b, "complete -c hostnet-module -n %s -f\n", quoted("__fish_seen_subcommand_from "+strings.Join(files, " ")))
	return b.String()
}

func zshCompletion() string {
	var b strings.Builder
	// In a specification of _arguments, brackets and colons part its pieces.
	safe := func(text string) string {
		return strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`).Replace(text)
	}
	b.WriteString("#compdef hostnet-module\n_hostnet_module() {\n\tlocal -a verbs=(\n")
	for _, v := range verbs() {
		fmt.Fprintf(&b, "\t\t'%s:%s'\n", v.name, safe(v.short))
	}
	b.WriteString("\t)\n\tlocal verb=${words[2]}\n\tif ((CURRENT > 2)) && [[ -n ${verbs[(r)$verb:*]} ]]; then\n\t\tshift words; ((CURRENT--))\n\telse\n\t\tverb=\n\tfi\n\tcase $verb in\n")
	for _, v := range append(verbs(), root()) {
		fmt.Fprintf(&b, "\t%s) _arguments", orAny(v.name))
		for _, f := range v.completedFlags() {
			value := ""
			if len(f.words) > 0 {
				value = ":" + f.name + ":(" + strings.Join(f.words, " ") + ")"
			} else if f.value {
				value = ":" + f.name + ":_files"
			}
			equals := map[bool]string{true: "=", false: ""}[f.value]
			fmt.Fprintf(&b, " \\\n\t\t'--%s%s[%s]%s'", f.name, equals, safe(f.text), value)
			if f.short != "" {
				fmt.Fprintf(&b, " '-%s[%s]'", f.short, safe(f.text))
			}
		}
		switch words := v.operands(); {
		case v.name == "":
			b.WriteString(" \\\n\t\t'1: :{ _describe subcommand verbs; _files }'")
		case words != nil:
			fmt.Fprintf(&b, " \\\n\t\t'1: :(%s)'", strings.Join(words, " "))
		case v.operand != "":
			b.WriteString(" \\\n\t\t'*: :_files'")
		}
		b.WriteString(" ;;\n")
	}
	b.WriteString("\tesac\n}\n_hostnet_module \"$@\"\n")
	return b.String()
}
