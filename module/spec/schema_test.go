package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

var update = flag.Bool("update", false, "write docs/hostnet.schema.json anew")

const schemaFile = "../../docs/hostnet.schema.json"

// TestSchemaFile: docs/hostnet.schema.json is what the tables say.
func TestSchemaFile(t *testing.T) {
	want := Schema().JSON()
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(schemaFile); err != nil || !bytes.Equal(have, want) {
		t.Errorf("docs/hostnet.schema.json is stale (%v): go test ./module/spec -run TestSchemaFile -update", err)
	}
	if !bytes.Equal(want, Schema().JSON()) {
		t.Error("the schema is not the same twice")
	}
}

// compiled is the schema in a validator's hands, which has checked it against the draft's own schema.
func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema().JSON()))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("hostnet.schema.json", tree); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("hostnet.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance is a document as an editor sees it: read by the plain parsers, not by ours.
func instance(input string) (any, error) {
	if isJSON([]byte(input), "") {
		return jsonschema.UnmarshalJSON(strings.NewReader(input))
	}
	var v any
	if err := yaml.Unmarshal([]byte(input), &v); err != nil {
		return nil, err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(data))
}

// stricter are good documents, or parts of such, to which the schema objects: write it the other way.
var stricter = []string{
	"bridges: [{name: true}]",    // a name only for YAML, which may mean it so; JSON's true is none
	`"{\"bonds\"`,                // the document as a whole in a text, as templating delivers it
	"{state: gathered, bonds: [", // passed over unseen
	"mac: 52:54:00:12:34:56",     // a number to YAML 1.1
}

func TestSchemaTakesGoodDocuments(t *testing.T) {
	s := compiled(t)
	inputs := append(samples(t), accepted...)
	for _, row := range sameMeaning {
		inputs = append(inputs, row.input, row.plain)
	}
	taken := 0
	for _, input := range inputs {
		v, err := instance(input)
		if err == nil {
			err = s.Validate(v)
		}
		except := partOf(input, stricter) != ""
		switch {
		case err != nil && !except:
			t.Errorf("%s\n%v", input, err)
		case err == nil:
			taken++
		}
	}
	if taken < 100 {
		t.Errorf("only %d documents taken", taken)
	}
}

// partOf finds the first of some parts that a text holds; "" if it holds none.
func partOf(text string, parts []string) string {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return p
		}
	}
	return ""
}

// laxer are bad documents in which a schema can see nothing wrong: it knows neither how a number was written, nor what a text
// holds.
var laxer = []string{
	`"bonds": [], "bonds"`,                             // seen once only
	"41135085296, ",                                    // a MAC as YAML 1.1 reads it, in the place of a name
	"{x",                                               // objects in texts
	"0100}", "1e5", "0x10", "01500}", "1.5e3", "1_500", // numbers in another notation
	"group_fwd_mask: 9", "ingress_qos_map: ['1:2', '1:3']", // a bit that is barred, a pair twice
	"ping: 224.0.0.1",                           // an address like others
	"peer: '2001:db8::1'", "192.0.2.1/31, peer", // two values that do not go together
}

func TestSchemaRefusesBadForm(t *testing.T) {
	s := compiled(t)
	refused, used := 0, map[string]bool{}
	for _, row := range refusedForm {
		if errors.Is(row.err, ErrSyntax) && !strings.HasPrefix(row.input, "{bonds: ['") {
			continue // for the parser
		}
		v, err := instance(row.input)
		if err == nil {
			err = s.Validate(v)
		}
		except := partOf(row.input, laxer)
		switch {
		case err != nil:
			refused++
		case except == "":
			t.Errorf("%s: taken, though %s: %s", row.input, row.path, row.words)
		}
		if err == nil {
			used[except] = true
		}
	}
	for _, part := range laxer {
		if !used[part] {
			t.Errorf("%s: need not be an exception", part)
		}
	}
	if refused < 60 {
		t.Errorf("only %d documents refused", refused)
	}
}

// TestSchemaKnowsTheKeys: what Decode knows is in the schema, and nothing else is. Decode is asked key by key.
func TestSchemaKnowsTheKeys(t *testing.T) {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema().JSON()))
	if err != nil {
		t.Fatal(err)
	}
	properties := func(path ...string) map[string]any {
		at := tree.(map[string]any)
		for _, key := range append(path, "properties") {
			at = at[key].(map[string]any)
		}
		return at
	}
	all := map[string]bool{"": true, "addrgenmode": true}
	note := func(rows ...attr.Table) {
		for _, table := range rows {
			for _, r := range table {
				all[r.Name], all[r.Alias] = true, true
			}
		}
	}
	note(kind.Common)
	objects := map[string]string{} // by the path in the schema, a document with @ in the place of the key
	for _, k := range kind.List() {
		note(k.Rows, k.Port)
		objects[k.List] = `{"` + k.List + `": [{"@": null}]}`
		if k.Ports != "" {
			objects[k.Ports] = `{"` + k.List + `": [{"` + k.Ports + `": [{"name": "x", "@": null}]}]}`
		}
	}
	objects[segmentsKey] = `{"segments": [{"@": null}]}`
	objects["address"] = `{"bridges": [{"addresses": [{"@": null}]}]}`
	objects["route"] = `{"bridges": [{"routes": [{"@": null}]}]}`
	for key := range properties() {
		all[key] = true
	}
	for name := range objects {
		for key := range properties("$defs", name) {
			all[key] = true
		}
	}
	delete(all, "")
	for key := range all {
		_, known := properties()[key]
		compareKey(t, "the document", key, `{"@": null}`, known)
		for name, text := range objects {
			_, known := properties("$defs", name)[key]
			compareKey(t, name, key, text, known)
		}
	}
}

func compareKey(t *testing.T, where, key, text string, inSchema bool) {
	t.Helper()
	input := strings.Replace(text, "@", key, 1)
	_, problems := Decode([]byte(input), "x.json")
	known := true
	for _, p := range problems {
		seeOnly := errors.Is(p, ErrValue) && strings.Contains(p.Message, "reported by the kernel")
		if errors.Is(p, ErrUnknown) || seeOnly {
			known = false
		}
	}
	if known != inSchema {
		t.Errorf("%s: key %s: known to Decode %v, to the schema %v (%s)", where, key, known, inSchema, input)
	}
}

// TestSchemaSpeaks: every key has a title and a description, every object an example that is taken.
func TestSchemaSpeaks(t *testing.T) {
	s := compiled(t)
	speaks(t, "", Schema())
	for list, example := range exampleOf {
		document := Tree{{list, []any{example}}}
		if _, problems, _ := Read(document.JSON(), "x.json"); len(problems) > 0 {
			t.Errorf("%s: %v", list, Problems(problems))
		}
		if v, err := instance(string(document.JSON())); err != nil || s.Validate(v) != nil {
			t.Errorf("%s: %v %v", list, err, s.Validate(v))
		}
	}
}

func speaks(t *testing.T, path string, tree Tree) {
	for _, pair := range tree {
		at := path + "/" + pair.Key
		sub, ok := pair.Value.(Tree)
		if !ok {
			continue
		}
		if pair.Key == "properties" && !strings.Contains(path, "allOf") {
			for _, p := range sub {
				var words []string
				for _, q := range p.Value.(Tree) {
					if q.Key == "title" || q.Key == "description" {
						words = append(words, q.Value.(string))
					}
				}
				if len(words) != 2 || len(words[0]) == 0 || !strings.HasSuffix(words[1], ".") || strings.HasSuffix(words[1], "..") {
					t.Errorf("%s/%s: title and description %q", at, p.Key, words)
				}
			}
		}
		speaks(t, at, sub)
	}
}

// FuzzSchema: what the schema refuses, Read refuses too (JSON alone: what editors make of YAML is theirs).
func FuzzSchema(f *testing.F) {
	for _, rows := range [][]refusal{refusedForm, refusedSense} {
		for _, row := range rows {
			if len(row.input) < 4000 && isJSON([]byte(row.input), "") {
				f.Add([]byte(row.input))
			}
		}
	}
	inputs := accepted
	for _, row := range sameMeaning {
		inputs = append(inputs, row.input)
		f.Add([]byte(row.input))
	}
	for _, input := range inputs {
		if d, problems, _ := Read([]byte(input), ""); len(problems) == 0 {
			f.Add(d.Encode().JSON())
		}
	}
	s := compiled(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		d, problems, _ := Read(data, "x.json")
		if len(problems) > 0 || d.State == Gathered {
			return
		}
		for _, o := range d.Objects {
			if o.Absent {
				return // hardly looked at
			}
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			return // duplicate keys and the like are compared elsewhere
		}
		if _, text := v.(string); text {
			return
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s\n%v", data, err)
		}
	})
}
