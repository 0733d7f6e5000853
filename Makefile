# Swiftlet. The two commands: `make serve` and `make test`. `make help` lists the rest.
# Each installs what is missing first (Debian packages, by apt) and skips in under a second what is there.

SHELL := /bin/bash
.DEFAULT_GOAL := help
# Colour is off always: a terminal and a pipe would otherwise be two builds.
BUILD := swift build -c release --no-color-diagnostics
ARGS ?=

PACKAGES := libuv1-dev libopenblas-dev libpcre2-dev libcurl4-openssl-dev libssl-dev libstemmer-dev ca-certificates \
	pkg-config python3 python3-venv

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

.PHONY: serve
serve: build ## build and serve the embedded model on 127.0.0.1:8080 (ARGS="--port 9000 …")
	@Models/fetch || true
	@exec .build/release/swiftlet serve $(ARGS)

.PHONY: test
test: setup ## every test, in release mode
	@Models/fetch || true
	@Tests/run

.PHONY: test-slow
test-slow: build ## the long runs: speculation in every combination, 200 kills of a writer, 64 clients for two minutes
	@SWIFTLET_SLOW_TESTS=1 swift test -c release --no-color-diagnostics --disable-testable-imports \
	    --filter 'Exactness of speculation|An index whose writer dies'
	@Tests/EndToEnd/run --soak 120

.PHONY: test-clients
test-clients: build ## openai, LangChain, LlamaIndex by base_url alone; schemathesis over /openapi.json
	@Tests/EndToEnd/run --clients

# Not part of `make test`, which uses a browser where there is one: this one is 300 MB.
.PHONY: test-page
test-page: build ## the web page in headless Chromium, installed from Debian if it is not there
	@$(MAKE) --no-print-directory setup PACKAGES="chromium chromium-driver"
	@Tests/EndToEnd/run -k test_page

.PHONY: build
build: setup ## build the programs
	@$(BUILD) --product swiftlet && $(BUILD) --product swiftlet-bench

.PHONY: models
models: setup ## fetch the sentence encoder, all-MiniLM-L6-v2, into Models/
	@Models/fetch

.PHONY: bench
bench: build ## the standard suite: measured, recorded in Bench/results, compared with the last time
	@.build/release/swiftlet-bench suite $(ARGS)

.PHONY: format
format: ## rewrite all Swift files in the project's style
	@swift format -i --configuration .swift-format -r Package.swift Sources Tests Bench

.PHONY: lint
lint: ## style, and imports that point the wrong way
	@swift format lint --strict --configuration .swift-format -r Package.swift Sources Tests Bench
	@Tests/check-imports

.PHONY: clean
clean: ## remove what was built
	@rm -rf .build

# The toolchain and the system libraries. Nothing happens when everything is there.
.PHONY: setup
setup:
	@command -v swift >/dev/null || { echo "Swift 6.3 is needed on the PATH: https://www.swift.org/install/linux/"; exit 1; }
	@missing=""; for package in $(PACKAGES); do \
	    dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null | grep -q '^installed$$' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	    if [ "$$(id -u)" = 0 ]; then run=""; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then run="sudo"; else run="none"; fi; \
	    if [ "$$run" = none ]; then \
	        echo "Missing Debian packages; run: apt-get install$$missing"; exit 1; \
	    fi; \
	    echo "installing$$missing"; \
	    $$run apt-get update -q && DEBIAN_FRONTEND=noninteractive $$run apt-get install -q -y --no-install-recommends $$missing; \
	fi
