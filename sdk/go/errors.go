package niyanta

import "fmt"

// APIError is what the server says of a request that it refuses (RFC 9457). Code is stable and for programs, Hint says
// what to do next.
type APIError struct {
	Status    int          `json:"status"`
	Code      string       `json:"code"`
	Title     string       `json:"title"`
	Detail    string       `json:"detail"`
	Hint      string       `json:"hint,omitempty"`
	RequestID string       `json:"requestId"`
	Errors    []FieldError `json:"errors,omitempty"`
}

// FieldError is one thing that is wrong with a request. Pointer is a JSON Pointer into its body.
type FieldError struct {
	Detail    string `json:"detail"`
	Code      string `json:"code"`
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
}

func (e *APIError) Error() string {
	return fmt.Sprintf("%s (%s, HTTP %d)", e.Detail, e.Code, e.Status)
}

// FailedError says that a workload that was waited for ended, and did not succeed.
type FailedError struct{ Workload Workload }

func (e *FailedError) Error() string {
	if e.Workload.Reason != "" {
		return fmt.Sprintf("workload %s is %s: %s", e.Workload.ID, e.Workload.State, e.Workload.Reason)
	}
	return fmt.Sprintf("workload %s is %s", e.Workload.ID, e.Workload.State)
}
