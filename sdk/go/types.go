package niyanta

import (
	"encoding/json"
	"time"
)

// State of a workload.
type State string

// States of workloads. They leave Succeeded, Failed and Cancelled only when somebody asks for it.
const (
	Pending       State = "PENDING"
	Scheduled     State = "SCHEDULED"
	Starting      State = "STARTING"
	Running       State = "RUNNING"
	Checkpointing State = "CHECKPOINTING"
	Paused        State = "PAUSED"
	Retrying      State = "RETRYING"
	Succeeded     State = "SUCCEEDED"
	Failed        State = "FAILED"
	Cancelled     State = "CANCELLED"
	Lost          State = "LOST"
)

// Ended tells whether a workload in this state has come to its end.
func (s State) Ended() bool { return s == Succeeded || s == Failed || s == Cancelled }

// Spec is a workload as its file has it, with the same keys.
type Spec map[string]any

// Submission of a workload.
type Submission struct {
	Workload Spec `json:"workload"`
	// Inputs is the content of its input files, by their path in the container.
	Inputs map[string][]byte `json:"inputs,omitempty"`
	// NotBefore puts its start off.
	NotBefore *time.Time `json:"notBefore,omitempty"`
	// IdempotencyKey makes two submissions with the same content one; a random one when empty.
	IdempotencyKey string `json:"-"`
	// Customer it is for; only keys of the whole coordinator may say so.
	Customer string `json:"-"`
}

// Accepted is a submission that is durable.
type Accepted struct {
	ID      string `json:"id"`
	Seq     int64  `json:"seq"`
	Doubled bool   `json:"doubled"`
}

// Workload as the server has it. Spec and whatever else the answer holds is in Raw.
type Workload struct {
	ID         string            `json:"id"`
	Customer   string            `json:"customer"`
	Name       string            `json:"name"`
	Version    string            `json:"version,omitempty"`
	Type       string            `json:"type"`
	State      State             `json:"state"`
	Reason     string            `json:"reason,omitempty"`
	Priority   int               `json:"priority"`
	Labels     map[string]string `json:"labels,omitempty"`
	Attempt    int               `json:"attempt"`
	Worker     string            `json:"worker,omitempty"`
	Progress   float64           `json:"progress,omitempty"`
	ExitCode   *int              `json:"exitCode,omitempty"`
	AcceptedAt time.Time         `json:"acceptedAt"`
	StartedAt  *time.Time        `json:"startedAt,omitempty"`
	EndedAt    *time.Time        `json:"endedAt,omitempty"`
	Raw        json.RawMessage   `json:"-"`
}

// UnmarshalJSON keeps the whole answer in Raw.
func (w *Workload) UnmarshalJSON(data []byte) error {
	type plain Workload
	if err := json.Unmarshal(data, (*plain)(w)); err != nil {
		return err
	}
	w.Raw = append(json.RawMessage(nil), data...)
	return nil
}

// LogLine is one line that a workload printed.
type LogLine struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Stream  string    `json:"stream"`
	Text    string    `json:"text"`
	Attempt int       `json:"attempt"`
}

// Checkpoint of a workload. Size is in bytes as stored, compressed.
type Checkpoint struct {
	Workload string    `json:"workload"`
	Number   int       `json:"number"`
	Attempt  int       `json:"attempt"`
	TakenAt  time.Time `json:"takenAt"`
	Size     int64     `json:"size"`
	SHA256   string    `json:"sha256"`
	Progress float64   `json:"progress,omitempty"`
	Why      string    `json:"why"`
	Stored   string    `json:"stored"`
	Corrupt  string    `json:"corrupt,omitempty"`
}

// Why says why a workload is where it is.
type Why struct {
	State State    `json:"state"`
	Text  string   `json:"text"`
	Waits []string `json:"waits"`
}

// Filter of a list. Empty fields do not filter.
type Filter struct {
	States   []State
	Name     string
	Version  string
	Labels   map[string]string
	Batch    string
	Schedule string
	Worker   string
}
