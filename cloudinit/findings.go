package cloudinit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// finding is a file that came with the machine and may hold a document, as it was found: nothing has been made of it yet.
type finding struct {
	Name string   `json:"name"`
	Data []byte   `json:"data"`
	Form form     `json:"form"`
	Keys []string `json:"keys,omitempty"` // of underKeys
	Own  bool     `json:"own,omitempty"`  // root of this host has written it
}

// form is what a finding is to be read as.
type form string

const (
	wholeFile   form = "document"
	cloudFile   form = "cloud"   // a file of cloud-init's: packed, a MIME message, or a document below our key
	underKeys   form = "under"   // a document below some keys
	networkFile form = "network" // cloud-init's network-config
)

// mostFound bounds all findings of a boot together.
const mostFound = 4 * most

// found gathers what came with the machine: in a seed, on a disk, in what cloud-init's local stage has left, in its configuration. The first
// that holds a document counts, good or bad.
func (b *Boot) found() (list []finding) {
	left := mostFound
	add := func(f finding) {
		if f.Data == nil || !f.mayHold() {
			return
		}
		if len(f.Data) > left {
			b.say("%s is not read: with what came before it, it has more than %d MiB", f.Name, mostFound>>20)
			return
		}
		left -= len(f.Data)
		list = append(list, f)
	}
	seeds := b.seeds()
	for _, at := range seeds {
		for _, name := range []string{"hostnet.yaml", "hostnet.yml", "hostnet.json"} {
			add(finding{Name: at.where + "/" + name, Data: at.read(name), Form: wholeFile})
		}
		for _, name := range []string{"meta-data", "vendor-data", "user-data"} {
			add(finding{Name: at.where + "/" + name, Data: at.read(name), Form: cloudFile})
		}
	}
	add(finding{Name: instance, Data: b.instanceData(), Form: underKeys, Keys: []string{"ds", "meta_data", key}})
	const folder = "/etc/cloud/cloud.cfg.d"
	names := b.tree().List(folder)
	for i := len(names) - 1; i >= 0; i-- { // the last one wins, as in cloud-init
		if name := folder + "/" + names[i]; strings.HasSuffix(name, ".cfg") {
			add(finding{Name: name, Data: b.few(name), Form: underKeys, Keys: []string{key}, Own: true})
		}
	}
	if b.wantsNetworkConfig() {
		for _, at := range seeds {
			add(finding{Name: at.where + "/network-config", Data: at.read("network-config"), Form: networkFile})
		}
	}
	return list
}

// mayHold tells whether a file can hold a document at all: it has our word, or is packed so that nobody sees. Most files of cloud-init's have not,
// and are not read any further.
func (f finding) mayHold() bool {
	switch f.Form {
	case wholeFile, networkFile:
		return true
	case cloudFile:
		if isPacked(f.Data) || isMIME(f.Data) {
			return true
		}
	}
	return bytes.Contains(f.Data, []byte(key))
}

// read makes a document of it; nil if it holds none. What could not be looked into is told in the notes.
func (f finding) read() (s *source, notes []string) {
	switch f.Form {
	case wholeFile:
		s = whole(f.Name, f.Data)
	case networkFile:
		s = networkConfig(f.Name, f.Data)
	case cloudFile:
		s, notes = cloudData(f.Name, f.Data)
	default:
		s = under(f.Name, f.Data, f.Keys...)
	}
	if s != nil {
		s.own = f.Own
	}
	return s, notes
}

// read is the first document of some findings; nil if none holds one. at is told of each before it is read.
func read(list []finding, at func(name string)) (s *source, notes []string) {
	for _, f := range list {
		at(f.Name)
		s, more := f.read()
		if notes = append(notes, more...); s != nil {
			return s, notes
		}
	}
	return nil, notes
}

// mark is the same for the same findings.
func mark(list []finding) string {
	sum := sha256.New()
	for _, f := range list {
		fmt.Fprintf(sum, "%q %s %q %t %d\n", f.Name, f.Form, f.Keys, f.Own, len(f.Data))
		sum.Write(f.Data)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// instance is what cloud-init's local stage has left of the instance's metadata.
const instance = "/run/cloud-init/instance-data.json"

// instanceData is that file, nil if it comes from a disk that may not be the seed of this host: cloud-init asks nobody.
func (b *Boot) instanceData() []byte {
	data := b.few(instance)
	if !bytes.Contains(data, []byte(key)) {
		return nil
	}
	if disk := b.strangeDisk(data); disk != "" {
		b.say("%s is not read: cloud-init has it from %s, which may not be the seed of this host (%s%s asks for it)", instance, disk, seedWord, disk)
		return nil
	}
	return data
}

// strangeDisk is the disk that cloud-init has the instance's data from, if that may not be the seed of this host; "": it is from elsewhere, or may be.
func (b *Boot) strangeDisk(instanceData []byte) string {
	var told struct {
		V1 struct {
			Subplatform string `json:"subplatform"` // "config-disk (/dev/sr0)"
		} `json:"v1"`
	}
	if json.Unmarshal(instanceData, &told) != nil {
		return ""
	}
	for word := range strings.FieldsFuncSeq(told.V1.Subplatform, func(r rune) bool { return strings.ContainsRune("(), ", r) }) {
		if strings.HasPrefix(word, "/dev/") && !b.mayBeSeed(word) {
			return word
		}
	}
	return ""
}
