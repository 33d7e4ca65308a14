package local

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

// Ports that are kept are below those that systems hand out to connections that go out
// (from 32768 on Linux, from 49152 elsewhere), which would take one now and then.
const (
	firstKept, lastKept = 20000, 32000
	keptTries           = 50
)

// listen opens an endpoint for each name, and says which address stands for which: at the
// ports that the options ask for, otherwise at those that the state keeps, otherwise at
// free ones, which the state keeps from now on.
func (o Options) listen(kept *state.Cloud, names []string) ([]net.Listener, addresses, error) {
	if err := CheckAddress(o.host()); err != nil {
		return nil, addresses{}, err
	}
	former := kept.Ports()
	listeners, err := o.listenAt(kept, len(names))
	if err != nil {
		return nil, addresses{}, err
	}
	at, pairs := addresses{}, []string(nil)
	for i, listener := range listeners {
		port := portOf(listener)
		if i == len(former) {
			former = append(former, 0)
		}
		former[i] = port // more than there are names stay: a next cloud may want them again
		at.origins = append(at.origins, "https://"+net.JoinHostPort(o.host(), strconv.Itoa(port)))
		pairs = append(pairs, names[i], at.origins[i])
	}
	at.Replacer = strings.NewReplacer(pairs...)
	if err := kept.SetPorts(former); err != nil {
		return nil, addresses{}, errors.Join(err, closeAll(listeners))
	}
	listeners, err = o.Endpoints.keep(listeners)
	if err != nil {
		return nil, addresses{}, errors.Join(err, closeAll(listeners))
	}
	return listeners, at, nil
}

// listenAt opens so many endpoints.
func (o Options) listenAt(kept *state.Cloud, number int) ([]net.Listener, error) {
	if o.Port != 0 {
		listeners, err := o.open(successive(o.Port, number))
		if err != nil {
			err = fmt.Errorf("%w: choose other ports with --port", err)
		}
		return listeners, err
	}
	ports := kept.Ports()
	if len(ports) == 0 {
		return o.openFree(kept.Kept(), number)
	}
	for i := len(ports); i < number; i++ { // an endpoint that is new
		ports = append(ports, 0)
		if kept.Kept() {
			ports[i] = o.freeAfter(ports[i-1])
		}
	}
	listeners, err := o.open(ports[:number])
	if err != nil {
		err = fmt.Errorf("%w: this stack had that port before, and apps may name it; end the program that has it now, choose other ports with --port, or start with --fresh, which makes new ids and secrets too", err)
	}
	return listeners, err
}

// openFree opens endpoints at free ports: successive ones if they are to be kept.
func (o Options) openFree(kept bool, number int) (listeners []net.Listener, err error) {
	for range keptTries {
		if !kept {
			break
		}
		if listeners, err = o.open(successive(firstKept+rand.IntN(lastKept-firstKept), number)); err == nil { //nolint:gosec // no secret
			return listeners, nil
		}
	}
	return o.open(make([]int, number))
}

// freeAfter is the next free port, or 0 for any.
func (o Options) freeAfter(port int) int {
	for next := port + 1; next <= port+keptTries && next <= 65535; next++ {
		if listeners, err := o.open([]int{next}); err == nil && closeAll(listeners) == nil {
			return next
		}
	}
	return 0
}

func successive(first, number int) []int {
	ports := make([]int, number)
	for i := range ports {
		ports[i] = first + i
	}
	return ports
}

func (o Options) open(ports []int) (listeners []net.Listener, err error) {
	for _, port := range ports {
		listener := o.Endpoints.take(port)
		if listener == nil {
			if listener, err = net.Listen("tcp", o.bindTo(port)); err != nil {
				return nil, errors.Join(err, closeAll(listeners))
			}
		}
		listeners = append(listeners, listener)
	}
	return slices.Clip(listeners), nil
}

func closeAll(listeners []net.Listener) (err error) {
	for _, listener := range listeners {
		err = errors.Join(err, listener.Close())
	}
	return err
}
