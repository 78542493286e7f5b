package attr

import "strings"

// Word writes a word so that a POSIX shell reads exactly that word back: as it is where no shell would touch it, else in single quotes.
// Lines that people may run are made of such words.
func Word(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/@%+,=-"
	if text != "" && strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
