package niyanta

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// misbehaving answers one request after the other, each in its own way, and keeps their headers.
func misbehaving(t *testing.T, answers ...http.HandlerFunc) (*Client, *[]*http.Request) {
	t.Helper()
	asked := &[]*http.Request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r)
		if len(*asked) > len(answers) {
			t.Errorf("asked %d times", len(*asked))
			return
		}
		answers[len(*asked)-1](w, r)
	}))
	t.Cleanup(server.Close)
	client, err := New(Options{Server: server.URL, Key: "nyk_test_key"})
	if err != nil {
		t.Fatal(err)
	}
	return client, asked
}

func say(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

func breakOff(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "9999")
		fmt.Fprint(w, text)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

func TestASubmissionThatBrokeOffIsSentAgainWithTheSameKey(t *testing.T) {
	client, asked := misbehaving(t, breakOff(`{"id`), say(503, `{}`), say(201, `{"id": "a", "seq": 1, "doubled": false}`))
	accepted, err := client.Submit(context.Background(), Submission{Workload: Spec{"name": "x"}})
	if err != nil || accepted.ID != "a" {
		t.Fatal(accepted, err)
	}
	for _, one := range *asked {
		if key := one.Header.Get("Idempotency-Key"); key == "" || key != (*asked)[0].Header.Get("Idempotency-Key") {
			t.Errorf("keys differ: %q", key)
		}
	}
}

func TestARefusalIsToldAsTheServerSaysItAndNotRepeated(t *testing.T) {
	client, _ := misbehaving(t, say(404, `{"detail": "no such workload", "code": "not-found", "requestId": "r1"}`))
	_, err := client.Workload(context.Background(), "a")
	var refused *APIError
	if !errors.As(err, &refused) || refused.Status != 404 || refused.Code != "not-found" || refused.RequestID != "r1" {
		t.Fatal(err)
	}
}

func TestAPauseLongerThanPatienceIsNotWaitedFor(t *testing.T) {
	client, _ := misbehaving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(429)
		fmt.Fprint(w, `{"code": "rate-limited"}`)
	})
	_, err := client.Workload(context.Background(), "a")
	var refused *APIError
	if !errors.As(err, &refused) || refused.Code != "rate-limited" {
		t.Fatal(err)
	}
}

func TestARedirectDoesNotCarryTheKeyAway(t *testing.T) {
	client, asked := misbehaving(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	if _, err := client.Workload(context.Background(), "a"); err == nil || len(*asked) != 1 {
		t.Fatal(err, len(*asked))
	}
}

func TestNobodyThere(t *testing.T) {
	client, _ := New(Options{Server: "http://127.0.0.1:1", Key: "nyk_test_key", RetryFor: -1})
	_, err := client.Workload(context.Background(), "a")
	if err == nil || strings.Contains(err.Error(), "nyk_") {
		t.Fatal(err)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	always := make([]http.HandlerFunc, 100)
	for index := range always {
		always[index] = say(200, `{"id": "a", "state": "RUNNING"}`)
	}
	client, _ := misbehaving(t, always...)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := client.Wait(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

func TestIdsAreQuoted(t *testing.T) {
	client, asked := misbehaving(t, say(200, `{"id": "a", "more": 1}`))
	workload, err := client.Workload(context.Background(), "../keys?x=1")
	if err != nil || (*asked)[0].URL.EscapedPath() != "/v1/workloads/..%2Fkeys%3Fx=1" {
		t.Fatal(err, (*asked)[0].URL.EscapedPath())
	}
	if !strings.Contains(string(workload.Raw), `"more": 1`) {
		t.Error("the whole answer is not kept")
	}
}

func TestAStreamThatIsCutOffGoesOnAfterTheLastLine(t *testing.T) {
	line := "id: %d\nevent: line\ndata: {\"text\": \"%d\"}\n\n"
	end := "event: end\ndata: {}\n\n"
	client, asked := misbehaving(t,
		breakOff(": alive\n\n"+fmt.Sprintf(line, 1, 1)+"id: 2\nevent: line\ndata: {\"te"),
		say(200, fmt.Sprintf(line, 2, 2)+end))
	var texts []string
	err := client.Follow(context.Background(), "a", func(one LogLine) error {
		texts = append(texts, one.Text)
		return nil
	})
	if err != nil || strings.Join(texts, " ") != "1 2" || (*asked)[1].Header.Get("Last-Event-ID") != "1" {
		t.Fatal(texts, err, (*asked)[1].Header)
	}
}

func TestADownloadThatIsCutShortFails(t *testing.T) {
	client, _ := misbehaving(t, breakOff("half"))
	if err := client.DownloadCheckpoint(context.Background(), "a", 1, &bytes.Buffer{}); err == nil {
		t.Fatal("no error")
	}
}
