# Every target calls plain commands; run them by hand if you like.

BIN := $(CURDIR)/.bin
SEEDS ?= 1000
FUZZTIME ?= 30s

.PHONY: help test race lint fmt simsafe sim conform conform-fuzz conform-fuzz-rabbitmq conform-cover conform-planted mutants images chaos chaos-nightly chaos-bugs bench fuzz ci clean tools

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-21s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ## all tests; those on real servers are skipped where none is found
	go test ./...

race: ## the same under the race detector (needs a C compiler)
	go test -race ./...

lint: tools ## golangci-lint and go vet, in all modules; actionlint
	$(BIN)/golangci-lint run ./...
	cd sim/simsafe && $(BIN)/golangci-lint run ./...
	go vet ./...
	$(BIN)/actionlint

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
	SQUALL_REQUIRE_SERVERS=1 SQUALL_FUZZ_RABBITMQ_SCRIPTS=5000 SQUALL_FUZZ_LANES=16 go test -count=1 -timeout 60m -parallel 16 -v -run '^TestRabbitMQFuzz$$' ./sim/conform

# The executor is what carries a planned statement out: execution, expressions, access paths, transactions,
# definitions, settings, and the storage engine. The rest of the package is the client's side, the
# network, the server's life (restarts, cancelled sessions; store/recover.go) and the analysis.
EXECUTOR := /sim/postgres/((exec_|expr_|plan|ddl_)[a-z_]*|run|transaction|utility|settings|store/[a-z_]*)\.go:
COVER_SCRIPTS ?= 2000

conform-cover: ## how much of the executor the fuzzer's scripts reach: at least 85 % of its statements
	@mkdir -p $(BIN)
	SQUALL_REQUIRE_SERVERS=1 SQUALL_FUZZ_SCRIPTS=$(COVER_SCRIPTS) go test -count=1 -timeout 60m -run '^TestPostgresFuzz$$' \
		-coverpkg=./sim/postgres,./sim/postgres/store -coverprofile=$(BIN)/executor.cover ./sim/conform -rapid.seed=20261126
	@grep -E '$(EXECUTOR)' $(BIN)/executor.cover | grep -v 'store/recover.go:' | awk ' \
		{ all += $$2; if ($$3 > 0) reached += $$2 } \
		END { printf "the scripts reach %d of the executor'"'"'s %d statements: %.1f %%\n", reached, all, 100 * reached / all; \
			if (all == 0 || reached < 0.85 * all) { print "less than 85 %"; exit 1 } }'

conform-planted: ## faults planted in the simulated servers, each of which the suite must notice
	go test -tags planted -count=1 -timeout 60m -v -run '^TestPlanted$$' ./sim/conform

mutants: ## planted bugs that the invariants must catch
	go run . mutants

images: ## the images for runs on containers, from Debian's packages and this working tree
	chaos/live/images/build.sh

# On containers, with the servers' images that make images builds unless others are named.
SEED ?= 1
SERVERS = SQUALL_POSTGRES_IMAGE=$${SQUALL_POSTGRES_IMAGE:-squall-postgres:15} SQUALL_RABBITMQ_IMAGE=$${SQUALL_RABBITMQ_IMAGE:-squall-rabbitmq:3.10}
CHAOS = $(SERVERS) go run . chaos --seed $(SEED) $(if $(REPORT),--report $(REPORT))

chaos: images ## storm on containers for DURATION (2m), drawn from SEED (1); needs Docker
	$(CHAOS) --duration $(or $(DURATION),2m)

chaos-nightly: images ## the long one: DURATION (30m), 3 replicas of each service, a fault every 20 s
	$(CHAOS) --duration $(or $(DURATION),30m) --replicas 3 --every 20s

chaos-bugs: ## every planted bug on containers by its plan from the simulator, and clean code under the same plans
	chaos/live/images/build.sh servers
	$(SERVERS) go run . reproduce

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
