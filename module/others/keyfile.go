package others

import "strings"

// keyfile is a file with [sections] and KEY=VALUE lines: NetworkManager's, systemd's, and (in a section without a name) the
// state files of both.
type keyfile []section

type section struct {
	name  string
	line  int
	pairs []option
}

type option struct {
	key, value string
	line       int
}

func parseKeyfile(data []byte) keyfile {
	file := keyfile{{}}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		text := strings.TrimSpace(line)
		switch {
		case text == "" || text[0] == '#' || text[0] == ';':
		case text[0] == '[':
			name, _, _ := strings.Cut(text[1:], "]")
			file = append(file, section{name: name, line: number})
		default:
			key, value, _ := strings.Cut(text, "=")
			s := &file[len(file)-1]
			s.pairs = append(s.pairs, option{strings.TrimSpace(key), strings.TrimSpace(value), number})
		}
	}
	return file
}

// last finds the last value of a key in the sections of some names; the last one counts.
func (f keyfile) last(key string, sections ...string) (found option) {
	for _, s := range f {
		for _, p := range s.pairs {
			for _, name := range sections {
				if s.name == name && p.key == key {
					found = p
				}
			}
		}
	}
	return found
}

func (f keyfile) get(key string, sections ...string) string { return f.last(key, sections...).value }

// line is where a section starts; 1 if there is none.
func (f keyfile) line(name string) int {
	for _, s := range f {
		if s.name == name && s.line > 0 {
			return s.line
		}
	}
	return 1
}

func yes(text string) bool {
	switch strings.ToLower(text) {
	case "1", "true", "yes", "on", "y", "t":
		return true
	}
	return false
}

func no(text string) bool {
	switch strings.ToLower(text) {
	case "0", "false", "no", "off", "n", "f":
		return true
	}
	return false
}
