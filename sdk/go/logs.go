package niyanta

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const longestLine = 4 << 20

// Logs calls each for the lines so far, until it returns an error.
func (c *Client) Logs(ctx context.Context, id string, each func(LogLine) error) error {
	query := url.Values{}
	for {
		var page struct {
			Items []LogLine `json:"items"`
			Next  string    `json:"next"`
		}
		path := []string{"workloads", id, "logs"}
		if err := c.json(ctx, request{method: http.MethodGet, path: path, query: query}, &page); err != nil {
			return err
		}
		for _, line := range page.Items {
			if err := each(line); err != nil {
				return err
			}
		}
		if len(page.Items) == 0 {
			return nil
		}
		query.Set("after", page.Next)
	}
}

// Follow calls each for lines as they come, until the workload has ended or each returns an error. One that is cut off
// goes on after the last line.
func (c *Client) Follow(ctx context.Context, id string, each func(LogLine) error) error {
	last := ""
	for {
		headers := map[string]string{"Accept": "text/event-stream"}
		if last != "" {
			headers["Last-Event-ID"] = last
		}
		path := []string{"workloads", id, "logs"}
		answer, err := c.open(ctx, request{method: http.MethodGet, path: path, headers: headers})
		if err != nil {
			return err
		}
		ended := false
		err = readMessages(answer.Body, func(one message) (bool, error) {
			if one.event != "line" {
				ended = one.event == "end"
				return one.event != "end" && one.event != "stop", nil
			}
			var line LogLine
			if err := json.Unmarshal([]byte(one.data), &line); err != nil {
				return false, err
			}
			last = one.id
			return true, each(line)
		})
		answer.Body.Close()
		if err != nil || ended {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

type message struct{ event, data, id string }

// readMessages reads server-sent events (WHATWG HTML, section 9.2) until the stream ends, take says no, or fails. A stream
// that is cut off is no error, and what it was in the middle of is not told.
func readMessages(stream io.Reader, take func(message) (more bool, err error)) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, longestLine)
	var one message
	var data []string
	for lines.Scan() {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if line == "" {
			if data != nil {
				one.data = strings.Join(data, "\n")
				if more, err := take(one); err != nil || !more {
					return err
				}
			}
			one.event, data = "", nil
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			one.event = value
		case "data":
			data = append(data, value)
		case "id":
			one.id = value
		}
	}
	return nil
}
