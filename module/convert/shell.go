package convert

import (
	"path"
	"strings"
)

// simple is one command of a shell's line.
type simple struct {
	words []string
	into  string // where its output goes; "" for nowhere else
	or    bool   // runs only if the one before fails
}

// reserved are the words by which a shell decides what runs, and how often.
var reserved = words("if then else elif fi for while until do done case esac function { } ! [[")

// commands takes a shell's line apart: words, quotes, && || ; and redirections. It tells false for anything else that a shell
// would do: pipes, expansions, conditions.
func commands(line string) (list []simple, ok bool) {
	t := tokens{rest: line}
	var now simple
	redirect, script := false, false
	flush := func(or bool) {
		if len(now.words) > 0 {
			script = script || reserved[now.words[0]]
			list = append(list, now)
		}
		now = simple{or: or}
	}
	for {
		word, operator, ok := t.next()
		switch {
		case !ok:
			return nil, false
		case word == "" && operator == "":
			flush(false)
			return list, !redirect && !script
		case operator == ">" || operator == "2>" || operator == "&>":
			redirect = true
			if operator == ">" {
				now.into = "?"
			}
		case operator == "2>&1":
		case operator == ";" || operator == "&&" || operator == "||":
			flush(operator == "||")
		case operator != "":
			return nil, false
		case redirect:
			redirect = false
			if now.into == "?" {
				now.into = word
			}
			if now.into == "/dev/null" {
				now.into = ""
			}
		default:
			now.words = append(now.words, word)
		}
	}
}

// name is a command without its folder, and without what only says how it is run.
func (s *simple) name() string {
	for len(s.words) > 1 && (s.words[0] == "sudo" || s.words[0] == "exec" || s.words[0] == "command") {
		s.words = s.words[1:]
	}
	return path.Base(s.words[0])
}

// tokens are the words and operators of a line.
type tokens struct{ rest string }

func (t *tokens) next() (word, operator string, ok bool) {
	if t.rest = strings.TrimLeft(t.rest, " \t"); strings.HasPrefix(t.rest, "#") { // a comment
		t.rest = ""
	}
	for _, op := range []string{"2>&1", "&>", "2>>", "2>", ">>", ">", "&&", "||", "|", "&", ";", "<", "(", ")"} {
		if rest, found := strings.CutPrefix(t.rest, op); found {
			t.rest = rest
			return "", strings.Replace(op, ">>", ">", 1), true
		}
	}
	var b strings.Builder
	quoted, any := byte(0), false
	for i := 0; i < len(t.rest); i++ {
		c := t.rest[i]
		switch {
		case c == '`' && quoted != '\'' || c == '$' && quoted != '\'':
			return "", "", false
		case quoted != 0 && c == quoted:
			quoted = 0
		case quoted != 0:
			b.WriteByte(c)
		case c == '\'' || c == '"':
			quoted, any = c, true
		case c == '\\' && i+1 < len(t.rest):
			i++
			b.WriteByte(t.rest[i])
		case strings.IndexByte(" \t;&|<>()", c) >= 0:
			t.rest = t.rest[i:]
			return word1(&b, any)
		default:
			b.WriteByte(c)
		}
	}
	t.rest = ""
	word, operator, ok = word1(&b, any)
	return word, operator, ok && quoted == 0
}

// word1 is a word; an empty one in quotes is none that a command here would have.
func word1(b *strings.Builder, quoted bool) (string, string, bool) {
	return b.String(), "", !(quoted && b.Len() == 0)
}

// expand puts in what ifupdown gives commands in their environment: the interface and the stanza's options.
func (s *stanza) expand(line string) string {
	replace := []string{"$IFACE", s.name, "${IFACE}", s.name, "%iface%", s.name}
	if len(s.gateways) > 0 {
		replace = append(replace, "$IF_GATEWAY", s.gateways[0].Value, "${IF_GATEWAY}", s.gateways[0].Value)
	}
	if len(s.addresses) > 0 {
		replace = append(replace, "$IF_ADDRESS", s.addresses[0].Value, "${IF_ADDRESS}", s.addresses[0].Value)
	}
	if mask := s.ofAll.netmask; mask != nil {
		replace = append(replace, "$IF_NETMASK", mask.Value, "${IF_NETMASK}", mask.Value)
	}
	return strings.NewReplacer(replace...).Replace(line)
}
