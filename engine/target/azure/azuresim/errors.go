package azuresim

import (
	"fmt"
	"net/http"
)

// Error is a refusal as Azure Resource Manager words it: {"error": {"code": …, "message": …}}.
//
// Reference: https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#handling-errors
type Error struct {
	Status        int
	Code, Message string
	Target        string
	Details       []*Error
	Header        http.Header // sent with it: Retry-After
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// body is the error without its envelope.
func (e *Error) body() object {
	o := object{"code": e.Code, "message": e.Message}
	if e.Target != "" {
		o["target"] = e.Target
	}
	if len(e.Details) > 0 {
		var details []any
		for _, d := range e.Details {
			details = append(details, d.body())
		}
		o["details"] = details
	}
	return o
}

// refuse makes an Error.
func refuse(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// asError gives an error its form on the wire; one that is not an Error is a fault of the emulator or of its machines.
func asError(err error) *Error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return refuse(http.StatusInternalServerError, "InternalServerError", "%v", err)
}

func notFound(id ID) *Error {
	if id.Is(groupType) {
		return refuse(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", id.Group)
	}
	return refuse(http.StatusNotFound, "ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found.",
		id.Type, joinNames(id), id.Group)
}

func joinNames(id ID) string {
	s := ""
	for i, name := range id.Names {
		if i > 0 {
			s += "/"
		}
		s += name
	}
	return s
}
