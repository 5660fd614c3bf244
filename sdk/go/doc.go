// Package niyanta is a client of niyanta's coordinator: it submits workloads, waits for them, follows their logs and
// fetches their checkpoints. It needs nothing but the standard library.
//
//	client, err := niyanta.New(niyanta.Options{}) // NIYANTA_SERVER, NIYANTA_API_KEY
//	accepted, err := client.Submit(ctx, niyanta.Submission{Workload: niyanta.Spec{
//		"name": "hello", "image": "docker.io/library/busybox:1.37", "command": []string{"echo", "hello"},
//	}})
//	err = client.Follow(ctx, accepted.ID, func(line niyanta.LogLine) error { fmt.Println(line.Text); return nil })
//	workload, err := client.Wait(ctx, accepted.ID)
//
// Requests that break off, and those that a busy server puts off, are sent again for Options.RetryFor; submissions carry
// an Idempotency-Key, so that this is safe. A Client may be used by many goroutines.
package niyanta
