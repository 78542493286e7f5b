package cloudinit

import (
	"slices"
	"strings"

	"hostnet-module/module/persist"
)

// Words by which a host asks for what a seed may not do by itself: in hostnet.seed=WORD,WORD on the kernel's command line, or in the file
// /etc/hostnet/seed (persist.Seed), between blanks, commas or lines; # begins a remark.
const (
	seedWord    = "hostnet.seed="
	diskWord    = "cidata"  // look for a seed on a disk labelled CIDATA, also where a document is kept
	replaceWord = "replace" // a document of a seed may take away what the kept document declares
)

// asked is what a host has asked for.
type asked struct {
	disk    bool
	replace bool
	device  string // the only device that may be the seed, "/dev/…"; "": whichever has the label
}

// asks reads what this host asks for. The words ds=nocloud on the kernel's command line ask for a disk too, unless they name a folder.
func (b *Boot) asks() (a asked) {
	cmdline := string(b.read("/proc/cmdline"))
	var words []string
	for _, word := range strings.Fields(cmdline) {
		if list, ok := strings.CutPrefix(word, seedWord); ok {
			words = append(words, strings.Split(list, ",")...)
		}
		if first, _, _ := strings.Cut(word, ";"); (first == "ds=nocloud" || first == "ds=nocloud-net") && seedfrom(word) == "" {
			a.disk = true
		}
	}
	for line := range strings.Lines(string(b.read(persist.Seed))) {
		line, _, _ = strings.Cut(line, "#")
		words = append(words, strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) })...)
	}
	for _, word := range words {
		if strings.HasPrefix(word, "/dev/") {
			a.disk, a.device = true, word
		}
	}
	a.disk = a.disk || slices.Contains(words, diskWord)
	a.replace = slices.Contains(words, replaceWord)
	return a
}

// keeps tells whether a document of earlier runs or boots is kept, good or bad.
func (b *Boot) keeps() bool {
	data, _, err := b.Host.Current()
	return data != nil || err != nil || len(b.Host.Earlier()) > 0
}
