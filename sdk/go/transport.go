package niyanta

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	mostOfError  = 1 << 20
)

type request struct {
	method  string
	path    []string
	query   url.Values
	body    any
	headers map[string]string
}

// transient tells whether the same request may go through later.
func transient(status int) bool {
	return status == http.StatusTooManyRequests || status >= 502 && status <= 504
}

// json reads the whole answer into `into`. Only requests that may be sent twice are given to it.
func (c *Client) json(ctx context.Context, asked request, into any) error {
	return c.retrying(ctx, func() error {
		answer, err := c.once(ctx, asked)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		return json.NewDecoder(answer.Body).Decode(into)
	})
}

// open returns an answer whose body is still to be read, and to be closed.
func (c *Client) open(ctx context.Context, asked request) (*http.Response, error) {
	var answer *http.Response
	err := c.retrying(ctx, func() (err error) {
		answer, err = c.once(ctx, asked)
		return err
	})
	return answer, err
}

type putOff struct {
	refused *APIError
	wait    time.Duration
}

func (p *putOff) Error() string { return p.refused.Error() }

func (c *Client) retrying(ctx context.Context, try func() error) error {
	deadline := time.Now().Add(c.retryFor)
	for pause := firstPause; ; pause = min(pause*2, longestPause) {
		err := try()
		var refused *APIError
		if err == nil || errors.As(err, &refused) || ctx.Err() != nil {
			return err
		}
		wait := time.Duration(float64(pause) * (0.5 + rand.Float64()))
		var busy *putOff
		if errors.As(err, &busy) {
			wait = max(wait, busy.wait)
		}
		if time.Now().Add(wait).After(deadline) {
			if busy != nil {
				return busy.refused
			}
			return fmt.Errorf("%s is not reached: %w", c.server, err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Client) once(ctx context.Context, asked request) (*http.Response, error) {
	var body io.Reader
	if asked.body != nil {
		text, err := json.Marshal(asked.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	parts := make([]string, len(asked.path))
	for index, part := range asked.path {
		parts[index] = url.PathEscape(part)
	}
	address := c.server + "/v1/" + strings.Join(parts, "/")
	if query := asked.query.Encode(); query != "" {
		address += "?" + query
	}
	made, err := http.NewRequestWithContext(ctx, asked.method, address, body)
	if err != nil {
		return nil, err
	}
	made.Header.Set("Authorization", "Bearer "+c.key)
	made.Header.Set("User-Agent", "niyanta-go/0.1.0")
	if body != nil {
		made.Header.Set("Content-Type", "application/json")
	}
	for name, value := range asked.headers {
		made.Header.Set(name, value)
	}
	answer, err := c.http.Do(made)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode < 300 {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, refusal(answer)
}

func refusal(answer *http.Response) error {
	refused := &APIError{Code: "unknown"}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, mostOfError))
	_ = json.Unmarshal(text, refused) // what is no problem document is told by its status
	refused.Status = answer.StatusCode
	if refused.Detail == "" {
		refused.Detail = answer.Status
	}
	if !transient(answer.StatusCode) {
		return refused
	}
	seconds, _ := strconv.ParseFloat(answer.Header.Get("Retry-After"), 64)
	return &putOff{refused: refused, wait: time.Duration(seconds * float64(time.Second))}
}
