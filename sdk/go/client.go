package niyanta

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// Options of a Client. The zero value takes NIYANTA_SERVER and NIYANTA_API_KEY.
type Options struct {
	Server string
	Key    string
	// RetryFor is for how long a busy or unreachable server is asked again; 30 s when 0, not at all when negative.
	RetryFor time.Duration
	// HTTP is used in place of http.DefaultTransport, for instance with certificates of one's own.
	HTTP http.RoundTripper
}

// Client asks one coordinator.
type Client struct {
	server   string
	key      string
	retryFor time.Duration
	http     *http.Client
}

// New asks nothing yet. It fails when there is no server or no key.
func New(options Options) (*Client, error) {
	server, key := options.Server, options.Key
	if server == "" {
		server = os.Getenv("NIYANTA_SERVER")
	}
	if key == "" {
		key = os.Getenv("NIYANTA_API_KEY")
	}
	if server == "" {
		return nil, errors.New("no server: give Options.Server or set NIYANTA_SERVER")
	}
	if key == "" {
		return nil, errors.New("no API key: give Options.Key or set NIYANTA_API_KEY")
	}
	retryFor := options.RetryFor
	if retryFor == 0 {
		retryFor = 30 * time.Second
	}
	// A redirect would carry the key to another host.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	plain := &http.Client{Transport: options.HTTP, CheckRedirect: stay}
	return &Client{server: strings.TrimRight(server, "/"), key: key, retryFor: retryFor, http: plain}, nil
}

// Submit is durable when it returns.
func (c *Client) Submit(ctx context.Context, submission Submission) (Accepted, error) {
	var accepted Accepted
	err := c.json(ctx, posting(submission, submission.IdempotencyKey, submission.Customer, "workloads"), &accepted)
	return accepted, err
}

// SubmitBatch submits all of them or none, in their order. The first one's key and customer are those of the batch.
func (c *Client) SubmitBatch(ctx context.Context, submissions []Submission) ([]Accepted, error) {
	if len(submissions) == 0 {
		return nil, errors.New("a batch has at least one submission")
	}
	var answer struct {
		Items []Accepted `json:"items"`
	}
	body := map[string]any{"workloads": submissions}
	first := submissions[0]
	err := c.json(ctx, posting(body, first.IdempotencyKey, first.Customer, "workloads", "batch"), &answer)
	return answer.Items, err
}

func posting(body any, key, customer string, path ...string) request {
	if key == "" {
		var random [16]byte
		_, _ = rand.Read(random[:]) // it cannot fail on a system that runs
		key = hex.EncodeToString(random[:])
	}
	query := url.Values{}
	if customer != "" {
		query.Set("customer", customer)
	}
	headers := map[string]string{"Idempotency-Key": key}
	return request{method: http.MethodPost, path: path, query: query, body: body, headers: headers}
}

// Workload as it is now.
func (c *Client) Workload(ctx context.Context, id string) (Workload, error) {
	var workload Workload
	err := c.json(ctx, request{method: http.MethodGet, path: []string{"workloads", id}}, &workload)
	return workload, err
}

// Workloads calls each for all that the filter leaves, newest first, until it returns an error.
func (c *Client) Workloads(ctx context.Context, filter Filter, each func(Workload) error) error {
	query := filter.query()
	for {
		var page struct {
			Items []Workload `json:"items"`
			Next  string     `json:"next"`
		}
		if err := c.json(ctx, request{method: http.MethodGet, path: []string{"workloads"}, query: query}, &page); err != nil {
			return err
		}
		for _, workload := range page.Items {
			if err := each(workload); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		query.Set("after", page.Next)
	}
}

func (f Filter) query() url.Values {
	query := url.Values{}
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	states := make([]string, len(f.States))
	for index, state := range f.States {
		states[index] = string(state)
	}
	set("state", strings.Join(states, ","))
	set("name", f.Name)
	set("version", f.Version)
	set("batch", f.Batch)
	set("schedule", f.Schedule)
	set("worker", f.Worker)
	for name, value := range f.Labels {
		query.Add("label", name+"="+value)
	}
	return query
}

// Why a workload is where it is.
func (c *Client) Why(ctx context.Context, id string) (Why, error) {
	var why Why
	err := c.json(ctx, request{method: http.MethodGet, path: []string{"workloads", id, "why"}}, &why)
	return why, err
}

// Wait returns the workload when it has ended; with a *FailedError unless it succeeded. Ends with the context.
func (c *Client) Wait(ctx context.Context, id string) (Workload, error) {
	for pause := 50 * time.Millisecond; ; pause = min(pause*3/2, 2*time.Second) {
		workload, err := c.Workload(ctx, id)
		if err != nil {
			return workload, err
		}
		if workload.State.Ended() {
			if workload.State != Succeeded {
				return workload, &FailedError{workload}
			}
			return workload, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return workload, ctx.Err()
		}
	}
}

// Cancel a workload; what runs is stopped.
func (c *Client) Cancel(ctx context.Context, id string) (Workload, error) {
	return c.wish(ctx, id, "cancel")
}

// Pause a workload, after a checkpoint where it writes any.
func (c *Client) Pause(ctx context.Context, id string) (Workload, error) {
	return c.wish(ctx, id, "pause")
}

// Resume a paused workload.
func (c *Client) Resume(ctx context.Context, id string) (Workload, error) {
	return c.wish(ctx, id, "resume")
}

// Retry a workload that failed or was cancelled.
func (c *Client) Retry(ctx context.Context, id string) (Workload, error) {
	return c.wish(ctx, id, "retry")
}

func (c *Client) wish(ctx context.Context, id, wish string) (Workload, error) {
	var workload Workload
	err := c.json(ctx, request{method: http.MethodPost, path: []string{"workloads", id, wish}}, &workload)
	return workload, err
}

// TakeCheckpoint has a running workload write a checkpoint, and returns it when it is stored.
func (c *Client) TakeCheckpoint(ctx context.Context, id string) (Checkpoint, error) {
	var taken Checkpoint
	err := c.json(ctx, request{method: http.MethodPost, path: []string{"workloads", id, "checkpoint"}}, &taken)
	return taken, err
}

// Checkpoints of a workload, newest first.
func (c *Client) Checkpoints(ctx context.Context, id string) ([]Checkpoint, error) {
	var answer struct {
		Items []Checkpoint `json:"items"`
	}
	err := c.json(ctx, request{method: http.MethodGet, path: []string{"workloads", id, "checkpoints"}}, &answer)
	return answer.Items, err
}

// DownloadCheckpoint writes its files as a tar; the server has held them against their checksums. After an error what was
// written is not whole.
func (c *Client) DownloadCheckpoint(ctx context.Context, id string, number int, sink io.Writer) error {
	path := []string{"workloads", id, "checkpoints", strconv.Itoa(number)}
	answer, err := c.open(ctx, request{method: http.MethodGet, path: path})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(sink, answer.Body)
	return err
}
