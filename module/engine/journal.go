package engine

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hostnet-module/module/persist"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
	"hostnet-module/module/store"
)

// Journal says what a run was about to do and what was there before. It lies on disk before the first write to the kernel and is
// gone when the run is settled: its removal is the one moment in which the new network becomes the one to keep. Whoever finds
// one, and nobody at work on it, brings back what was before.
type Journal struct {
	ID        string          `json:"id"` // short: people type it
	Started   time.Time       `json:"started"`
	Process   store.Process   `json:"process"`
	Command   string          `json:"command"`
	Boot      string          `json:"boot"`
	Namespace string          `json:"namespace"`
	Phase     Phase           `json:"phase"`
	Guardian  store.Process   `json:"guardian,omitzero"`  // of a run that is to be confirmed; zero: none
	Deadline  time.Duration   `json:"deadline,omitzero"`  // by which it is confirmed or undone, on the clock of store.Uptime
	Document  json.RawMessage `json:"document,omitempty"` // of a run that is to be confirmed: what is to come back at boot then
	Steps     []state.Step    `json:"steps"`              // the plan
	Taken     time.Duration   `json:"taken"`              // when Before was looked at, on the clock of store.Uptime
	Before    *state.Host     `json:"before"`             // the links to which the steps may do something, and all routes and rules
	Record    plan.Changes    `json:"record"`             // what takes the run's changes of the record of earlier runs back
	Files     []Kept          `json:"files"`
	Next      json.RawMessage `json:"next,omitempty"` // while it waits: what changes in the record, for whoever confirms it

	dir        store.Dir // in which it lies
	remembered bool      // a guardian has it in memory: what lies in its place by now may be anything
}

// Phase is how far an unsettled run has come.
type Phase string

// The phases.
const (
	Applying Phase = "applying" // steps are being sent, or looked after
	Waiting  Phase = "waiting"  // all holds; a confirmation is awaited until Deadline
	Undoing  Phase = "undoing"
)

// Kept is a file as it was before the run. Who undoes the run writes it back, unless somebody else has written it since.
type Kept struct {
	Dir     store.Dir   `json:"dir"`
	Name    string      `json:"name"`
	Data    []byte      `json:"data"`           // null: there was no such file
	Mode    fs.FileMode `json:"mode,omitempty"` // its permissions; 0: 0644, as in the journals of earlier versions
	Lasting bool        `json:"lasting"`        // it outlives the boot, and is written back even if the network that it speaks of is gone

	// Ours is the digest of what the run writes there: what differs from it is somebody else's, and stays. "": everything there is ours.
	Ours string `json:"ours,omitempty"`
}

const (
	journalName    = "journal"
	journalVersion = 1
)

// folders are where journals lie, the best place first. A boot does without the lasting one if it is somebody else's.
func (r Runner) folders() []store.Dir {
	if r.Lasting == "" || r.Hurry && r.Lasting.Shared() != nil {
		return []store.Dir{r.Dir}
	}
	return []store.Dir{r.Lasting, r.Dir}
}

// keepDocument adds the document that boots, if that changes: until the run is settled the one from before it is the one to come back.
// changed tells whether the journal is another one now.
func (j *Journal) keepDocument(p *persist.Plan) (changed bool, err error) {
	if p == nil {
		return false, nil
	}
	path, text := p.File()
	dir, name := store.Dir(filepath.Dir(path)), filepath.Base(path)
	at := slices.IndexFunc(j.Files, func(k Kept) bool { return k.Dir == dir && k.Name == name })
	if text == nil || at >= 0 && j.Files[at].Ours == digest(text) {
		return false, nil
	}
	data, err := dir.Read(name)
	if err != nil {
		return false, fmt.Errorf("the document that boots: %w", err)
	}
	k := Kept{Dir: dir, Name: name, Data: data, Mode: dir.Mode(name), Lasting: true, Ours: digest(text)}
	if at >= 0 {
		j.Files[at] = k
	} else {
		j.Files = append(j.Files, k)
	}
	return true, nil
}

func digest(text []byte) string { return fmt.Sprintf("%x", sha256.Sum256(text)) }

// open writes a new journal; before is the part of the host to which the steps may do something. Where the disk takes none the run-time folder does, which is told: it does not outlive a power cut, but
// neither does the network.
func (r Runner) open(doc *spec.Document, before *state.Host, taken time.Duration, p *plan.Plan, record plan.Changes, boot *persist.Plan) (j *Journal, warning string, err error) {
	j = &Journal{ID: newID(), Started: time.Now(), Process: store.Self(), Command: strings.Join(os.Args, " "), Boot: store.Boot(), Namespace: r.Kernel.Namespace(),
		Phase: Applying, Steps: p.Steps, Taken: taken, Before: before, Record: record}
	if doc.ConfirmTimeout > 0 {
		j.Document = doc.Encode().JSON()
	}
	if _, err := j.keepDocument(boot); err != nil {
		return nil, "", err
	}
	var faults []error
	for _, j.dir = range r.folders() {
		other, err := readJournal(j.dir)
		damaged := (*store.Damaged)(nil)
		switch {
		case err != nil && !errors.As(err, &damaged): // not ours to replace
		case other != nil && other.elsewhere(r):
			err = fmt.Errorf("in %s lies that of run %s, about another network", j.dir, other.ID)
		default:
			if err = j.write(); err == nil {
				return j, warning, nil
			}
			_ = j.close() // it may lie there all the same: what failed may be the sync
		}
		faults = append(faults, err)
		warning = fmt.Sprintf("the journal of this run could not be written (%v); it is in %s instead, which does not outlive a power cut", err, r.Dir)
	}
	return nil, "", fmt.Errorf("the journal, without which nothing is begun, could not be written: %w", errors.Join(faults...))
}

// links names those that the run has to do with: what was before, and what the steps speak of.
func (j *Journal) links() []string {
	names := map[string]bool{}
	for _, l := range j.Before.Links {
		names[l.Name] = true
	}
	for _, s := range j.Steps {
		names[s.Link] = s.Link != ""
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

// write writes the journal anew, as it is now.
func (j *Journal) write() error {
	if err := j.displaced(); err != nil {
		return err
	}
	return j.dir.WriteSealed(journalName, journalVersion, j.writeText)
}

// displaced says that in the place of a remembered journal lies one that is sound and not this run's.
func (j *Journal) displaced() error {
	if !j.remembered {
		return nil
	}
	now, err := readJournal(j.dir)
	if newer := (*store.Newer)(nil); errors.As(err, &newer) {
		return newer
	}
	if err == nil && now != nil && now.ID != j.ID {
		return fmt.Errorf("%s is that of run %s by now", j.Path(), now.ID)
	}
	return nil
}

// writeText writes JSON of it. The links and steps, tens of thousands in a large run, are written one by one.
func (j *Journal) writeText(w *bufio.Writer) error {
	type plain Journal
	head, err := json.Marshal(struct {
		*plain
		Before *int `json:"before,omitempty"`
		Steps  *int `json:"steps,omitempty"`
	}{plain: (*plain)(j)})
	if err != nil {
		return err
	}
	_, _ = w.Write(head[:len(head)-1]) // bufio keeps an error for the next write
	_, _ = w.WriteString(`,"before":`)
	if err := j.Before.WriteText(w); err != nil {
		return err
	}
	_, _ = w.WriteString(`,"steps":`)
	if err := state.WriteSteps(w, j.Steps); err != nil {
		return err
	}
	return w.WriteByte('}')
}

// close settles the run: what is there now is what shall be. Of a remembered journal only what is this run's is taken away, and what nobody can
// read is laid aside.
func (j *Journal) close() error {
	if j.remembered {
		if j.displaced() != nil {
			return nil
		}
		if _, err := readJournal(j.dir); err != nil {
			_, err = j.dir.MoveAside(journalName, time.Now())
			return err
		}
	}
	return j.dir.Remove(journalName)
}

// Path is where the journal lies.
func (j *Journal) Path() string { return filepath.Join(string(j.dir), journalName) }

// elsewhere tells whether the journal is about another network of this boot: that of a host with a namespace of its own, and the same folder.
func (j *Journal) elsewhere(r Runner) bool {
	return j.Boot == store.Boot() && j.Namespace != r.Kernel.Namespace()
}

// current tells whether the network that the journal speaks of is still there.
func (j *Journal) current(r Runner) bool {
	return j.Boot == store.Boot() && j.Namespace == r.Kernel.Namespace()
}

// readJournal returns the journal in a folder, nil if there is none. A *store.Damaged is one that cannot be believed, a *store.Newer one of a later version.
func readJournal(dir store.Dir) (*Journal, error) {
	data, err := dir.ReadSealed(journalName, journalVersion)
	if err != nil || data == nil {
		return nil, err
	}
	j := &Journal{dir: dir}
	err = json.Unmarshal(data, j)
	if err == nil && (j.Before == nil || slices.Contains(j.Before.Links, nil)) {
		err = errors.New("it does not say what was before")
	}
	if err != nil {
		return nil, &store.Damaged{Path: j.Path(), Why: err.Error()}
	}
	return j, nil
}

// newID makes the name of a run: five letters and digits that are not mistaken for each other.
func newID() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	b := make([]byte, 5)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}
