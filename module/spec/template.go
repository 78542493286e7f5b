package spec

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A template is an expression in braces: {id}, or whole numbers and id with + - * // % between them, which mean what they mean in
// Python and in Jinja: * // % before + and -, each from the left. Braces that hold a quote, a colon or a comma are somebody else's (a
// list or an object in a text) and stay.

// hasTemplate tells whether a text has a template in it.
func hasTemplate(text string) bool {
	filled, err := fillText(text, 1)
	return err == nil && filled != text
}

// fillText puts a VLAN's number into the templates of a text.
func fillText(text string, id int) (string, error) {
	b := make([]byte, 0, 64)
	for {
		from := strings.IndexByte(text, '{')
		if from < 0 {
			return string(append(b, text...)), nil
		}
		size := strings.IndexAny(text[from+1:], `{}"':,`)
		if size < 0 || text[from+1+size] != '}' {
			b = append(b, text[:from+1]...)
			text = text[from+1:]
			continue
		}
		if size > maxTemplate {
			return string(b) + text, fmt.Errorf("%s: has %d bytes, at most %d are allowed", quote(text[from:from+size+2]), size, maxTemplate)
		}
		n, err := calculate(text[from+1:from+1+size], id)
		if err != nil {
			return string(b) + text, fmt.Errorf("%s: %w", quote(text[from:from+size+2]), err)
		}
		b = strconv.AppendInt(append(b, text[:from]...), int64(n), 10)
		text = text[from+size+2:]
	}
}

var errExpression = errors.New("is no expression with id")

// calculate works an expression out.
func calculate(text string, id int) (int, error) {
	sum, term, op, sign := 0, 0, "", 1
	for text = strings.TrimSpace(text); ; {
		n, rest, err := operand(text, id)
		if err != nil {
			return 0, err
		}
		switch op {
		case "":
			term = n
		case "*":
			term *= n
		default:
			if n == 0 {
				return 0, errors.New("divides by 0")
			}
			quotient, remainder := term/n, term%n
			if remainder != 0 && (remainder < 0) != (n < 0) { // Python's go towards minus infinity
				quotient, remainder = quotient-1, remainder+n
			}
			term = map[string]int{"//": quotient, "%": remainder}[op]
		}
		if term > 1<<40 || term < -1<<40 {
			return 0, errors.New("is too large")
		}
		op, text = operator(rest)
		switch op {
		case "+", "-", "end":
			sum += sign * term
			if op == "end" {
				return sum, nil
			}
			sign, term = map[string]int{"+": 1, "-": -1}[op], 0
			op = ""
		case "":
			return 0, errExpression
		}
	}
}

// operand reads a number or id.
func operand(text string, id int) (n int, rest string, err error) {
	if rest, ok := strings.CutPrefix(text, "id"); ok {
		return id, strings.TrimSpace(rest), nil
	}
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err = strconv.Atoi(text[:end])
	if err != nil || n > 1<<20 {
		return 0, "", errExpression
	}
	return n, strings.TrimSpace(text[end:]), nil
}

// operator reads what comes between two operands; "end" behind the last, "" if it is none.
func operator(text string) (op, rest string) {
	if text == "" {
		return "end", ""
	}
	for _, op := range []string{"//", "+", "-", "*", "%"} {
		if rest, ok := strings.CutPrefix(text, op); ok {
			return op, strings.TrimSpace(rest)
		}
	}
	return "", ""
}
