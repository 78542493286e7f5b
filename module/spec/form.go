package spec

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"hostnet-module/module/attr"
)

// A form is what the schema takes for a value: all that the walker takes, as far as a schema sees it (it sees neither
// 0x10 nor quotes). Only keywords that mean the same from draft 7 on are used, which is what editors know.

// Patterns, without anchors: they mean the same to ECMA-262 and to RE2.
const (
	octet         = `(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`
	ip4Pattern    = octet + `(\.` + octet + `){3}`
	ip6Pattern    = `[0-9A-Fa-f]*:[0-9A-Fa-f:]*(` + ip4Pattern + `)?`
	ipPattern     = `(` + ip4Pattern + `|` + ip6Pattern + `)`
	prefixPattern = `(` + ip4Pattern + `/(3[0-2]|[12]?[0-9])|` + ip6Pattern + `/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))`
	namePattern   = `[^,/:%\x00-\x20\x7f]+`
	macPattern    = `([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(\.[0-9A-Fa-f]{4}){2})`
	digitsPattern = `((0|[1-9][0-9]*)(\.0*)?|0[xX][0-9A-Fa-f]+)`
	signedPattern = `([+-]?(0|[1-9][0-9]*)(\.0*)?|0[xX][0-9A-Fa-f]+)`
	mapped        = `^\s*::[Ff]{4}:.*\.` // an IPv4 address in an IPv6 one
)

// whole is the pattern of a text that holds nothing else, but for white space around it.
func whole(pattern string) string { return `^\s*` + pattern + `\s*$` }

func ref(name string) Tree { return Tree{{"$ref", "#/$defs/" + name}} }

func anyOf(forms ...any) Tree { return Tree{{"anyOf", forms}} }

func not(form Tree) Tree { return Tree{{"not", form}} }

func patterned(pattern string) Tree { return Tree{{"type", "string"}, {"pattern", pattern}} }

func enumOf[T any](values []T) Tree { return Tree{{"enum", each(values, func(v T) any { return v })}} }

// anyCase is the pattern of some words in whatever case.
func anyCase(words []string) string {
	var b strings.Builder
	for i, word := range words {
		if i > 0 {
			b.WriteByte('|')
		}
		for _, c := range word {
			lower, upper := strings.ToLower(string(c)), strings.ToUpper(string(c))
			switch {
			case lower != upper:
				b.WriteString("[" + upper + lower + "]")
			case strings.ContainsRune(`.+*?()[]{}|^$\/`, c):
				b.WriteString(`\` + string(c))
			default:
				b.WriteRune(c)
			}
		}
	}
	return "(" + b.String() + ")"
}

// The words for booleans (attr.ParseBool).
var (
	trueWords  = []string{"true", "yes", "on", "1", "y", "t"}
	falseWords = []string{"false", "no", "off", "0", "n", "f"}
)

// sharedForms are the schema's definitions that no table has.
func sharedForms() Tree {
	notNames := append([]string{".", ".."}, slices.Sorted(maps.Keys(reserved))...)
	return Tree{
		{"notGiven", Tree{{"title", "not given"}, {"description", "Null, an empty text, or Ansible's omit."},
			{"type", []any{"null", "string"}}, {"pattern", `^\s*$|^` + omitted}}},
		{"omitted", patterned(`^` + omitted)},
		{"listText", patterned(`^\s*\[`)},
		{"objectText", patterned(`^\s*\{`)},
		{"boolean", anyOf(Tree{{"type", "boolean"}}, Tree{{"type", "integer"}, {"minimum", 0}, {"maximum", 1}},
			patterned(whole(anyCase(slices.Concat(trueWords, falseWords)))), ref("notGiven"))},
		{"no", anyOf(enumOf([]any{false, 0}), patterned(whole(anyCase(falseWords))), ref("notGiven"))},
		{"digits", patterned(whole(digitsPattern))},
		{"signedDigits", patterned(whole(signedPattern))},
		{"linkName", append(Tree{{"type", "string"}, {"minLength", 1}, {"maxLength", 15}, {"pattern", `^[^/:%\x00-\x20\x7f]+$`}}, not(enumOf(notNames))...)},
		{"mac", append(patterned(whole(macPattern)), Pair{"examples", []any{"00:16:3e:00:00:01"}})},
		{"ip", append(patterned(whole(ipPattern)), not(Tree{{"pattern", mapped}})...)},
		{"addressWithLength", append(append(patterned(whole(prefixPattern)), not(Tree{{"pattern", mapped}})...), Pair{"examples", []any{"192.0.2.10/24", "2001:db8::10/64"}})},
	}
}

func booleanForm() Tree { return ref("boolean") }

func nameForm() Tree { return anyOf(ref("linkName"), Tree{{"type", "integer"}}, ref("notGiven")) }

func macForm() Tree { return anyOf(ref("mac"), ref("notGiven")) }

func ipForm() Tree { return anyOf(ref("ip"), ref("notGiven")) }

// prefixForm is an address whose length may stand elsewhere.
func prefixForm() Tree { return anyOf(ref("addressWithLength"), ref("ip"), ref("notGiven")) }

func targetForm() Tree {
	return anyOf(enumOf([]string{"default"}), patterned(whole(anyCase([]string{"default"}))), ref("addressWithLength"), ref("ip"))
}

// textForm is a text of at most so many bytes; a schema counts characters.
func textForm(most int) func() Tree {
	return func() Tree {
		t := Tree{{"type", []any{"string", "integer", "null"}}}
		if most > 0 {
			t.put("maxLength", most)
			t.put("pattern", `^[^\x00]*$`)
		}
		return t
	}
}

func wordsForm(words []string) Tree {
	return anyOf(enumOf(words), patterned(whole(anyCase(words))), ref("notGiven"))
}

// offForm is one word or «off», in all the ways of writing false.
func offForm(word string) func() Tree {
	return func() Tree {
		return anyOf(enumOf([]string{word, "off"}), patterned(whole(anyCase([]string{word}))), ref("no"))
	}
}

func numberForm(words map[string]uint64, low int64, high uint64) Tree {
	digits := "digits"
	if low < 0 {
		digits = "signedDigits"
	}
	forms := []any{Tree{{"type", "integer"}, {"minimum", low}, {"maximum", high}}}
	if len(words) > 0 {
		list := slices.Sorted(maps.Keys(words))
		forms = append(forms, enumOf(list), patterned(whole(anyCase(list))))
	}
	return anyOf(append(forms, ref(digits), ref("notGiven"))...)
}

// listItem is what the items of a list look like.
type listItem struct {
	form  Tree
	words string // the pattern of a word in a text with commas between; "": such a text is no list
	whole bool   // a number stands for a list of one
	most  int    // 0: no limit
}

func listForm(item listItem) Tree {
	list := Tree{{"type", "array"}, {"items", anyOf(item.form, ref("omitted"))}}
	if item.most > 0 {
		list.put("maxItems", item.most)
	}
	forms := []any{list, ref("listText")}
	if item.words != "" {
		forms = append(forms, patterned(`^\s*`+item.words+`\s*(,\s*`+item.words+`\s*)*$`))
	}
	if item.whole {
		forms = append(forms, Tree{{"type", "integer"}})
	}
	return anyOf(append(forms, ref("notGiven"))...)
}

var (
	addressItem = listItem{form: anyOf(ref("addressWithLength"), ref("address"), ref("objectText")), words: prefixPattern}
	gatewayItem = listItem{form: ref("ip"), words: ipPattern}
	routeItem   = listItem{form: anyOf(ref("route"), ref("objectText"))}
)

// objectItem is an object of one of the document's lists, portItem a member or port of one.
func objectItem(list string) listItem {
	if list == segmentsKey {
		return listItem{form: anyOf(ref(list), ref(bulkKey), ref("objectText"))}
	}
	return listItem{form: anyOf(ref(list), ref("objectText"))}
}

func portItem(ports string) listItem {
	return listItem{form: anyOf(ref("linkName"), Tree{{"type", "integer"}}, ref(ports), ref("objectText")), words: namePattern, whole: true}
}

// rowForm is an attribute's form (readRow).
func rowForm(r *attr.Row) Tree {
	low, high := r.Range()
	switch {
	case r.IsBool():
		return booleanForm()
	case len(r.Names) > 0:
		return namesForm(r)
	case r.Type == attr.MAC:
		return macForm()
	case r.Type == attr.Index:
		return nameForm()
	case r.Type == attr.IP4s:
		return listForm(listItem{form: patterned(whole(ip4Pattern)), words: ip4Pattern, most: r.MaxLen})
	case r.Type == attr.IP6s:
		return listForm(listItem{form: patterned(whole(ip6Pattern)), words: ip6Pattern, most: r.MaxLen})
	case r.Type == attr.Map:
		pair := pairPattern(r.Keys) + ":" + pairPattern(r.Max)
		return listForm(listItem{form: patterned(whole(pair)), words: pair})
	case r.IsPair():
		pair := `[0-9]+(\s*-\s*[0-9]+)?`
		return anyOf(Tree{{"type", "integer"}, {"minimum", low}, {"maximum", high}}, patterned(whole(pair)), ref("notGiven"))
	case r.Type == attr.Text:
		return textForm(r.MaxLen)()
	case high == 1:
		return anyOf(ref("boolean"), ref("digits"))
	}
	return numberForm(nil, low, high)
}

// pairPattern is one side of a pair: a digit up to a number, or any number.
func pairPattern(most uint64) string {
	if most > 0 && most < 10 {
		return "[0-" + strconv.FormatUint(most, 10) + "]"
	}
	return "[0-9]+"
}

// namesForm is an enumeration: a word, its number, or where a word means that, a boolean.
func namesForm(r *attr.Row) Tree {
	words, numbers, booleans := []string{}, []uint64{}, 0
	for _, n := range r.Names {
		words, numbers = append(words, n.Text), append(numbers, n.N)
		if _, ok := attr.ParseBool(n.Text); ok {
			booleans++
		}
	}
	if booleans == len(words) {
		return anyOf(enumOf(words), booleanForm())
	}
	lenient := slices.Clone(words)
	for _, n := range numbers {
		lenient = append(lenient, strconv.FormatUint(n, 10))
	}
	forms := []any{enumOf(words), enumOf(numbers), patterned(whole(anyCase(lenient))), ref("notGiven")}
	if booleans > 0 {
		forms = append(forms, booleanForm())
	}
	return anyOf(forms...)
}
