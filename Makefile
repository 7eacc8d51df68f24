# Every target calls plain commands; run them by hand if you like.

BIN := $(CURDIR)/.bin
SEEDS ?= 1000
FUZZTIME ?= 30s

.PHONY: help test race lint fmt simsafe sim conform conform-fuzz conform-fuzz-rabbitmq conform-planted mutants images bench fuzz ci clean tools

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-21s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ## all tests; those on real servers are skipped where none is found
	go test ./...

race: ## the same under the race detector (needs a C compiler)
	go test -race ./...

lint: tools ## golangci-lint and go vet, in all modules
	$(BIN)/golangci-lint run ./...
	cd sim/simsafe && $(BIN)/golangci-lint run ./...
	go vet ./...

fmt: tools ## format as lint wants it
	$(BIN)/golangci-lint fmt ./...

simsafe: ## that simulated code is deterministic, and words stay in their rooms
	go test -C sim/simsafe ./...
	go build -C sim/simsafe -o $(BIN)/simsafe .
	go vet -vettool=$(BIN)/simsafe ./...

sim: ## the simulator through SEEDS seeds of storm (1000)
	go run . sim --seeds $(SEEDS)

conform: ## the simulated servers against the real ones, which must be there
	SQUALL_REQUIRE_SERVERS=1 go test -count=1 ./sim/conform/...

conform-fuzz: conform-fuzz-rabbitmq ## 20,000 random scripts in lockstep, on the simulated PostgreSQL and a real one
	SQUALL_REQUIRE_SERVERS=1 SQUALL_FUZZ_SCRIPTS=20000 go test -count=1 -timeout 60m -v -run '^TestPostgresFuzz$$' ./sim/conform

conform-fuzz-rabbitmq: ## 5,000 random scripts on the simulated RabbitMQ and a real one
	SQUALL_REQUIRE_SERVERS=1 SQUALL_FUZZ_RABBITMQ_SCRIPTS=5000 go test -count=1 -timeout 60m -parallel 8 -v -run '^TestRabbitMQFuzz$$' ./sim/conform

conform-planted: ## faults planted in the simulated servers, each of which the suite must notice
	go test -tags planted -count=1 -timeout 60m -v -run '^TestPlanted$$' ./sim/conform

mutants: ## planted bugs that the invariants must catch
	go run . mutants

images: ## the images for runs on containers, from Debian's packages and this working tree
	chaos/live/images/build.sh

bench: ## all benchmarks
	go test -run '^$$' -bench . -benchmem ./...

fuzz: ## every fuzz target for FUZZTIME (30s)
	@go test -list '^Fuzz' ./... \
	| awk '/^Fuzz/ { names[++n] = $$1 } /^ok/ { for (i = 1; i <= n; i++) print names[i], $$2; n = 0 }' \
	| while read -r name package; do \
		go test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) "$$package" < /dev/null || exit 1; \
	done

ci: ## everything that CI runs, as CI runs it
	.ci/run

clean: ## delete the tools built here
	rm -rf $(BIN)

tools:
	GOBIN=$(BIN) go install -C tools tool
