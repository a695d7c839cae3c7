package winguest

import (
	"fmt"
	"strconv"
	"strings"
)

func compare(op string, left, right any) bool {
	if op == "like" {
		return like(strings.ToLower(display(left)), strings.ToLower(display(right)))
	}
	a, aok := number(left)
	b, bok := number(right)
	same := strings.EqualFold(display(left), display(right)) && (left == nil) == (right == nil)
	if aok && bok {
		same = a == b
	}
	switch op {
	case "eq":
		return same
	case "ne":
		return !same
	case "gt":
		return a > b
	case "lt":
		return a < b
	case "ge":
		return a >= b
	default:
		return a <= b
	}
}

// like matches * alone.
func like(s, pattern string) bool {
	first, rest, found := strings.Cut(pattern, "*")
	if !found {
		return s == pattern
	}
	s, ok := strings.CutPrefix(s, first)
	if !ok {
		return false
	}
	for i := 0; i <= len(s); i++ {
		if like(s[i:], rest) {
			return true
		}
		if rest == "" {
			return true
		}
	}
	return false
}

func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int:
		return v != 0
	default:
		return display(v) != ""
	}
}

func number(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case string:
		n, err := strconv.Atoi(v)
		return n, err == nil
	default:
		return 0, false
	}
}

func display(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int:
		return strconv.Itoa(v)
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}
