package languagehost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

const (
	socketName = "pulumi"
	// parallel is how many registrations the program may have under way, as the engine
	// would allow it.
	parallel = "16"
	// largestMessage is what Pulumi's own monitor takes.
	largestMessage = 400 << 20
)

// Run runs the program for a stack and returns what it declares. The program fails if it
// ends with another status than 0, if it logs an error, if it registers or asks what is
// refused, and if it runs no Pulumi stack. One program runs once at a time.
//
// The graph keeps what the program warned of ([declared.Graph.Warnings]). Without a graph,
// Messages gets it.
func (p *Program) Run(ctx context.Context, stack declared.Stack) (*declared.Graph, error) {
	messages := &lines{to: p.Messages}
	graph := declared.GraphOf(stack)
	m := &monitor{graph: graph, stack: stack, transforms: newTransforms()}
	e := &engine{messages: messages, graph: graph}
	defer m.transforms.close()

	socket := filepath.Join(p.scratch, socketName)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("the resource monitor: %w", err)
	}
	children := &childrenOnly{Listener: listener, started: make(chan struct{})}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(largestMessage))
	pulumirpc.RegisterResourceMonitorServer(server, m)
	pulumirpc.RegisterEngineServer(server, e)
	defer server.Stop()                        // and the socket with it
	go func() { _ = server.Serve(children) }() // ends when it is stopped

	limited, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	command := exec.CommandContext(limited, p.binary())
	command.Dir, command.Stdout, command.Stderr = p.Dir, messages, messages
	if command.Env, err = p.environment(stack, "unix://"+socket); err != nil {
		return nil, err
	}
	endingGently(command)
	err = children.run(command)
	if err := p.failure(ctx, limited, m, e, err); err != nil {
		for _, warning := range graph.Warnings() {
			fmt.Fprintln(messages, "Warning:", warning)
		}
		return nil, err
	}
	return graph, nil
}

// failure says why a program failed that ended with an error, if it did.
func (p *Program) failure(ctx, limited context.Context, m *monitor, e *engine, ended error) error {
	switch failed := errors.Join(m.refusals()...); {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return fmt.Errorf("%s: the program did not end within %s, and was ended", p.Dir, p.Timeout)
	case failed != nil: // also where the program made do without
		return fmt.Errorf("%s: %w", p.Dir, failed)
	case e.failure() != nil:
		return fmt.Errorf("%s: %w", p.Dir, e.failure())
	case ended != nil:
		return fmt.Errorf("%s: the program ended with %w; what it wrote says why", p.Dir, ended)
	case !m.finished():
		return fmt.Errorf("%s: the program ended without running a Pulumi stack; its main must call pulumi.Run", p.Dir)
	}
	return nil
}

// environment is what the language host gives to a program
// (https://github.com/pulumi/pulumi/blob/master/sdk/go/pulumi-language-go/main.go).
func (p *Program) environment(stack declared.Stack, address string) ([]string, error) {
	config, err := json.Marshal(stack.Config)
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(append([]string{}, stack.SecretKeys...))
	if err != nil {
		return nil, err
	}
	root, err := filepath.Abs(stack.Dir)
	if err != nil {
		return nil, err
	}
	env := append(environment(), "PWD="+p.Dir)
	for name, value := range map[string]string{
		pulumi.EnvOrganization:        organization,
		pulumi.EnvProject:             stack.Project,
		pulumi.EnvPulumiRootDirectory: root,
		pulumi.EnvStack:               stack.Name,
		pulumi.EnvConfig:              string(config),
		pulumi.EnvConfigSecretKeys:    string(secretKeys),
		pulumi.EnvParallel:            parallel,
		pulumi.EnvDryRun:              "false",
		pulumi.EnvMonitor:             address,
		pulumi.EnvEngine:              address,
		// An SDK of AWS finds credentials without variables too.
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED":   "true",
	} {
		env = append(env, name+"="+value)
	}
	return env, nil
}

// organization is the one of stacks that no service keeps.
const organization = "organization"

// lines lets several write, one at a time.
type lines struct {
	mu sync.Mutex
	to io.Writer
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to == nil {
		return len(text), nil
	}
	return l.to.Write(text)
}

// childrenOnly is a listener that lets only one command and what it starts in.
type childrenOnly struct {
	net.Listener
	started chan struct{} // closed once the command runs
	command *exec.Cmd
}

// run runs the command that is let in.
func (c *childrenOnly) run(command *exec.Cmd) error {
	c.command = command
	return run(command, func() { close(c.started) })
}

// Accept waits for a connection of the command.
func (c *childrenOnly) Accept() (net.Conn, error) {
	for {
		connection, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		<-c.started
		if mayBeOf(c.command, connection) {
			return connection, nil
		}
		if err := connection.Close(); err != nil {
			return nil, err
		}
	}
}
