package lambda_test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// BenchmarkColdStart measures from the start of the process to its first answer,
// the fetch of the key set over TLS included. The sub-benchmarks of a memory size
// limit the process to the share of a processor that Lambda gives a function of
// that size, 1 for 1769 MB
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html), by a
// cgroup's quota, and are skipped where there is none to be had.
//
//	go test ./internal/local/lambda -run '^$' -bench ColdStart -benchtime 15x
func BenchmarkColdStart(b *testing.B) {
	for _, memory := range []int{0, 128, 256, 512, 1024} {
		name := "unlimited"
		if memory > 0 {
			name = fmt.Sprintf("%d MB", memory)
		}
		b.Run(name, func(b *testing.B) {
			i := newIssuer(b)
			event, err := json.Marshal(validator.Event{
				DatastoreEndpoint: endpoint, OperationName: "ReadResource", BearerToken: i.token(b, func(jwt.MapClaims) {}),
			})
			if err != nil {
				b.Fatal(err)
			}
			archive := packaged(b)
			if memory > 0 {
				archive = limited(b, archive, memory)
			}
			slowest := time.Duration(0)
			for b.Loop() {
				b.StopTimer()
				function, err := lambda.New(lambda.Config{
					Name: "validator", Archive: archive, Environment: environment(b, i), Timeout: 10 * time.Second, Dir: b.TempDir(),
				})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				started := time.Now()
				answer, _, err := function.Invoke(b.Context(), event)
				slowest = max(slowest, time.Since(started))
				b.StopTimer()
				if err != nil || !strings.Contains(string(answer), `"isAuthorized":"true"`) {
					b.Fatalf("%s, %v", answer, err)
				}
				function.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-ms")
		})
	}
}

// limited wraps a function in a script that puts itself under a processor quota
// before it becomes the function.
func limited(b *testing.B, archive string, memory int) string {
	b.Helper()
	const period = 20_000 // microseconds
	group := filepath.Join("/sys/fs/cgroup/cpu", "smartlake-"+strconv.Itoa(os.Getpid())+"-"+strconv.Itoa(memory))
	if err := os.Mkdir(group, 0o700); err != nil {
		b.Skipf("no processor quota to be had: %v", err)
	}
	b.Cleanup(func() { _ = os.Remove(group) })
	for file, value := range map[string]int{"cpu.cfs_period_us": period, "cpu.cfs_quota_us": period * memory / 1769} {
		if err := os.WriteFile(filepath.Join(group, file), []byte(strconv.Itoa(value)), 0o600); err != nil {
			b.Skipf("no processor quota to be had: %v", err)
		}
	}
	binary := filepath.Join(b.TempDir(), "validator")
	extract(b, archive, binary)
	script := fmt.Sprintf("#!/bin/sh\necho $$ > %s/cgroup.procs && exec %s\n", group, binary)
	path := filepath.Join(b.TempDir(), "limited.zip")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	writer := zip.NewWriter(file)
	entry, err := writer.Create("bootstrap")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.WriteString(entry, script); err != nil {
		b.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

func extract(b *testing.B, archive, to string) {
	b.Helper()
	reader, err := zip.OpenReader(archive)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	entry, err := reader.Open("bootstrap")
	if err != nil {
		b.Fatal(err)
	}
	content, err := io.ReadAll(entry)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o700); err != nil {
		b.Fatal(err)
	}
}
