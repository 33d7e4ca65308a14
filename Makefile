# Short forms of the commands in CONTRIBUTING.md. "make help" lists them.
.PHONY: help test lint ci local golden

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

test: ## run the fast tests: without those that build programs of their own
	go test -short ./...

lint: ## check formatting, module files, vet and linters, with your caches
	SMARTLAKE_CI_CACHES=keep .ci/run format tidy vet lint

ci: ## check everything that must hold before a change lands, from empty caches
	.ci/run

local: ## start the local cloud with the stack dev
	go run ./cmd/smartlake local

golden: ## write the golden files of this module anew; read the difference before you commit it
	go test ./tests -run TestGraph -update
	go test ./tests/api -update
	go test ./internal/explain -update
	go test ./internal/deploypolicy -update
	go test ./tests -run TestTheLinter -update
	go test ./internal/requests -update
	go test ./internal/costs -update
	go test ./cmd/smartlake -run TestTheCommandsAndFlags -update
