package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

// keeper has what outlives a cloud of one stack, from its first start on.
type keeper struct {
	flags localFlags
	notes io.Writer
	state *state.Cloud

	between local.Endpoints // of one cloud and the next
}

// endpoints are what to keep open for the next cloud; nil for nothing.
func (k *keeper) endpoints() *local.Endpoints {
	if !k.flags.watch {
		return nil
	}
	return &k.between
}

// of returns it.
func (k *keeper) of(stack declared.Stack) (_ *state.Cloud, err error) {
	if k.state == nil {
		k.state, err = k.open(stack)
	}
	return k.state, err
}

// Close gives it back.
func (k *keeper) Close() error {
	err := k.between.Close()
	if k.state != nil {
		err = errors.Join(err, k.state.Close())
	}
	return err
}

// open opens what the stack's cloud keeps in the user's state folder. A run that ends with
// the walk, and one beside another of the same stack, keep nothing.
func (k *keeper) open(stack declared.Stack) (*state.Cloud, error) {
	if k.flags.once {
		return state.Throwaway(), nil
	}
	folder, err := state.Open()
	if errors.Is(err, state.ErrUnsupported) {
		fmt.Fprintf(k.notes, "Nothing outlives this run: %s.\n", err)
		return state.Throwaway(), nil
	}
	if err != nil {
		return nil, err
	}
	open := folder.Cloud
	if k.flags.fresh {
		open = folder.Fresh
	}
	kept, err := open(stack.Dir, stack.Name)
	if errors.Is(err, state.ErrLocked) {
		if k.flags.fresh {
			err = fmt.Errorf("--fresh: a local cloud of stack %q runs, whose ids and secrets it would replace; end that one first", stack.Name)
		} else {
			fmt.Fprintf(k.notes, "A local cloud of stack %q runs already. This one has other ports, ids and secrets, which end with it.\n", stack.Name)
			kept, err = folder.Throwaway()
		}
	}
	return kept, errors.Join(err, folder.Close())
}
