package local

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local/page"
)

// withPage serves the cloud's page at the datastore's address, so that browsers have
// to trust the certificate of one address to begin with.
func (c *Cloud) withPage(stack declared.Stack) (http.Handler, error) {
	c.pageClient = c.client()
	config := page.Config{
		Address:      c.Page,
		Project:      stack.Project,
		Stack:        stack.Name,
		FHIRBase:     c.FHIRBase,
		FrontDoor:    c.FrontDoor,
		Datastore:    c.Datastore,
		HostedDomain: c.HostedDomain,
		Issuer:       c.Issuer,
		HTTP:         c.pageClient,
		Signer:       c.signer(),
		Warnings:     c.Warnings,
		NotImitated:  c.NotImitated,
		Rules:        c.rules,
		Journal:      c.journal,
		Faults:       c.faultsAsTheyAre,
		SetFault:     c.SetFault,
		Advice:       c.Advice,
	}
	for _, client := range c.Clients {
		config.Clients = append(config.Clients, page.Client{
			Name: client.Name, ID: client.ID, Secret: client.Secret, Scopes: client.Scopes, SignsUsersIn: slices.Contains(client.Flows, "code"),
			FHIRUserTypes: client.FHIRUserTypes, Groups: client.Groups, CallbackURLs: client.CallbackURLs,
		})
	}
	for _, user := range c.Users {
		config.Users = append(config.Users, page.User(user))
	}
	root, err := page.New(config)
	if err != nil {
		return nil, err
	}
	datastore, err := url.Parse(c.Datastore)
	if err != nil {
		return nil, err
	}
	store := c.journal.Datastore(datastore.Path, c.store)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/datastore/") {
			store.ServeHTTP(w, r)
			return
		}
		root.ServeHTTP(w, r)
	}), nil
}
