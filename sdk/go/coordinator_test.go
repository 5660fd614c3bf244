package niyanta

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// Against a real coordinator with a real host: scripts/sdk-tests.mjs starts both, and sets NIYANTA_SERVER,
// NIYANTA_API_KEY and NIYANTA_TEST_IMAGE (an image with a busybox, on the host).
func real(t *testing.T) (*Client, context.Context) {
	t.Helper()
	if os.Getenv("NIYANTA_TEST_IMAGE") == "" {
		t.Skip("no coordinator: run scripts/sdk-tests.mjs")
	}
	client, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return client, ctx
}

func random() string {
	var bytes [6]byte
	_, _ = rand.Read(bytes[:])
	return hex.EncodeToString(bytes[:])
}

func job(script string) Spec {
	return Spec{"name": "go-" + random(), "image": os.Getenv("NIYANTA_TEST_IMAGE"), "command": []string{"sh", "-c", script}}
}

func submit(t *testing.T, ctx context.Context, client *Client, spec Spec) string {
	t.Helper()
	accepted, err := client.Submit(ctx, Submission{Workload: spec})
	if err != nil {
		t.Fatal(err)
	}
	return accepted.ID
}

func TestSubmitFollowAndWait(t *testing.T) {
	client, ctx := real(t)
	id := submit(t, ctx, client, job("for n in 1 2 3; do echo line $n; sleep 0.2; done"))
	var followed, read []string
	into := func(texts *[]string) func(LogLine) error {
		return func(line LogLine) error { *texts = append(*texts, line.Text); return nil }
	}
	if err := client.Follow(ctx, id, into(&followed)); err != nil {
		t.Fatal(err)
	}
	if err := client.Logs(ctx, id, into(&read)); err != nil {
		t.Fatal(err)
	}
	want := "line 1,line 2,line 3"
	if strings.Join(followed, ",") != want || strings.Join(read, ",") != want {
		t.Errorf("followed %q, read %q", followed, read)
	}
	done, err := client.Wait(ctx, id)
	if err != nil || done.State != Succeeded || done.StartedAt == nil || done.EndedAt == nil {
		t.Fatal(done, err)
	}
}

func TestOneIdempotencyKeyIsOneWorkload(t *testing.T) {
	client, ctx := real(t)
	submission := Submission{Workload: job("true"), IdempotencyKey: random()}
	first, err := client.Submit(ctx, submission)
	if err != nil {
		t.Fatal(err)
	}
	second, err := client.Submit(ctx, submission)
	if err != nil || second.ID != first.ID || first.Doubled || !second.Doubled {
		t.Fatal(first, second, err)
	}
}

func TestAFailureIsTold(t *testing.T) {
	client, ctx := real(t)
	_, err := client.Wait(ctx, submit(t, ctx, client, job("exit 3")))
	var failed *FailedError
	if !errors.As(err, &failed) || failed.Workload.State != Failed {
		t.Fatal(err)
	}
}

func TestInputsAreThereInTheContainer(t *testing.T) {
	client, ctx := real(t)
	spec := job("cat /in/data")
	spec["inputs"] = map[string]any{"files": []string{"data:/in/data"}}
	accepted, err := client.Submit(ctx, Submission{Workload: spec, Inputs: map[string][]byte{"/in/data": []byte("from go\n")}})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	err = client.Follow(ctx, accepted.ID, func(line LogLine) error { texts = append(texts, line.Text); return nil })
	if err != nil || strings.Join(texts, ",") != "from go" {
		t.Fatal(texts, err)
	}
}

func TestABatchIsFoundByItsLabel(t *testing.T) {
	client, ctx := real(t)
	labels := map[string]string{"run": random()}
	submissions := make([]Submission, 3)
	for index := range submissions {
		submissions[index].Workload = job("true")
		submissions[index].Workload["labels"] = labels
	}
	accepted, err := client.SubmitBatch(ctx, submissions)
	if err != nil || len(accepted) != 3 {
		t.Fatal(accepted, err)
	}
	for _, one := range accepted {
		if _, err := client.Wait(ctx, one.ID); err != nil {
			t.Fatal(err)
		}
	}
	found := 0
	count := func(Workload) error { found++; return nil }
	if err := client.Workloads(ctx, Filter{Labels: labels, States: []State{Succeeded}}, count); err != nil || found != 3 {
		t.Fatal(found, err)
	}
}

func TestCheckpoints(t *testing.T) {
	client, ctx := real(t)
	spec := job("save() { echo kept >state && sha256sum state >sums && mv sums SHA256SUMS; }; " +
		"cd $NIYANTA_CHECKPOINT_DIR; trap save USR1; echo ready; while :; do sleep 0.1; done")
	spec["checkpoint"] = map[string]any{"grace": "10s"}
	id := submit(t, ctx, client, spec)
	ready := errors.New("ready")
	err := client.Follow(ctx, id, func(line LogLine) error {
		if line.Text == "ready" {
			return ready
		}
		return nil
	})
	if err != ready {
		t.Fatal(err)
	}
	taken, err := client.TakeCheckpoint(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := client.Checkpoints(ctx, id)
	if err != nil || len(listed) != 1 || listed[0].Number != taken.Number {
		t.Fatal(listed, err)
	}
	var packed bytes.Buffer
	if err := client.DownloadCheckpoint(ctx, id, taken.Number, &packed); err != nil {
		t.Fatal(err)
	}
	files := tar.NewReader(&packed)
	for {
		header, err := files.Next()
		if err != nil {
			t.Fatal("no file state:", err)
		}
		if header.Name != "state" {
			continue
		}
		if text, _ := io.ReadAll(files); string(text) != "kept\n" {
			t.Errorf("state is %q", text)
		}
		break
	}
	if _, err := client.Cancel(ctx, id); err != nil {
		t.Fatal(err)
	}
	if workload, err := client.Wait(ctx, id); workload.State != Cancelled {
		t.Fatal(workload.State, err)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	client, ctx := real(t)
	spec := job("true")
	spec["priority"] = 1000
	_, err := client.Submit(ctx, Submission{Workload: spec})
	var refused *APIError
	if !errors.As(err, &refused) || refused.Code != "invalid-value" || !strings.Contains(refused.Detail, "priority") {
		t.Fatal(err)
	}
}
