package foreign

import "go.yaml.in/yaml/v4"

// Node is a value of a YAML file, with its line and column.
type Node = yaml.Node

// YAML reads a file of one document; nil if it is none, with the parser's words for it.
func YAML(data []byte) (*Node, error) {
	document, err := Load(data)
	if err != nil {
		return nil, err
	}
	if len(document.Content) != 1 {
		return nil, nil
	}
	return Resolved(document.Content[0]), nil
}

// Member is a value of a mapping; nil if there is none.
func Member(n *Node, key string) (value *Node) {
	EachMember(n, func(k, v *Node) {
		if k.Value == key {
			value = v
		}
	})
	return value
}

// EachMember calls a function for each pair of a mapping.
func EachMember(n *Node, do func(key, value *Node)) {
	if n = Resolved(n); n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if v := Resolved(n.Content[i+1]); v != nil {
			do(n.Content[i], v)
		}
	}
}

// Resolved follows an alias.
func Resolved(n *Node) *Node {
	for range 10 {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// Sequence are the items of a list; none of what is no list.
func Sequence(n *Node) []*Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// Scalar tells whether a node is a single value.
func Scalar(n *Node) bool { return n != nil && n.Kind == yaml.ScalarNode }

// Mapping tells whether a node has members.
func Mapping(n *Node) bool { return n != nil && n.Kind == yaml.MappingNode }

// Scalars are the texts of a list, or the one that stands in its place.
func Scalars(n *Node) []string {
	if Scalar(n) {
		return []string{n.Value}
	}
	var texts []string
	for _, item := range Sequence(n) {
		texts = append(texts, item.Value)
	}
	return texts
}
