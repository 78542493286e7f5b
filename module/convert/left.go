package convert

import (
	"slices"
	"strings"

	"hostnet-module/module/foreign"
)

// Reason is why a line was not taken over.
type Reason string

// The reasons. Each line that is told has one of them.
const (
	DHCP       Reason = "dhcp"           // the address is asked of a server
	Program    Reason = "other_program"  // another program's business: name servers, sysctls, ethtool, wireless
	Command    Reason = "command"        // a command or script
	OnHost     Reason = "known_on_host"  // which link or MAC is meant is known on the host alone
	NoWord     Reason = "no_word"        // documents have no word for it
	Faulty     Reason = "faulty"         // a word or a value that is not understood
	Conflict   Reason = "conflict"       // another line, or what documents allow, says otherwise
	NotRaised  Reason = "not_raised"     // nothing brings it up
	Depends    Reason = "depends"        // stands on something that is not taken over
	OthersMake Reason = "made_by_others" // a link that another program makes
)

// Reasons are all of them, in the order in which they are counted.
func Reasons() []Reason {
	return []Reason{Faulty, Conflict, Depends, OnHost, NotRaised, OthersMake, DHCP, Program, Command, NoWord}
}

var meanings = map[Reason][2]string{
	DHCP:       {"the address comes from DHCP", "keep a DHCP client on that link, or give it the address"},
	Program:    {"it is another program's business", "leave it to that program, or set it there"},
	Command:    {"it is a command that documents have no words for", "have a unit of your own run it"},
	OnHost:     {"which link or table is meant is known on the host alone", "write the link's name or MAC, the table's number"},
	NoWord:     {"documents have no word for it", "set it by other means, or do without"},
	Faulty:     {"a word or a value that is not understood", "correct it and convert again"},
	Conflict:   {"another line, or a rule of documents, says otherwise", "change one of the lines"},
	NotRaised:  {"nothing brings it up at boot", "leave it out, or say that it is brought up"},
	Depends:    {"it belongs to something that is not taken over", "see that line"},
	OthersMake: {"another program makes that link", "have it made before the document is applied"},
}

// Meaning says what a reason means.
func (r Reason) Meaning() string { return meanings[r][0] }

// Remedy says what is to be done about lines of this reason.
func (r Reason) Remedy() string { return meanings[r][1] }

// Left is a line that was not taken over, or not wholly.
type Left struct {
	File   string
	Line   int // 1...; 0: the file as a whole
	Reason Reason
	Text   string // one sentence: what was not taken over, why, and what to do
	What   string // the line, or the part of it, without what may be secret
	Why    string // and, after a semicolon, what to do where that is more than the reason's remedy
}

// newLeft makes the sentence.
func newLeft(file string, line int, reason Reason, what, why string) Left {
	text := "`" + what + "` is not taken over: " + why
	if !strings.Contains(why, "; ") {
		text += "; " + reason.Remedy()
	}
	return Left{File: file, Line: line, Reason: reason, Text: text, What: what, Why: why}
}

// String prints FILE:LINE: WHAT: WHY.
func (l Left) String() string {
	parts := []string{foreign.Pos{File: l.File, Line: l.Line}.String(), l.What, l.Why}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}
