# The two commands to know: "make demo" and "make test". Both set up what they need and are quick the second time.
.PHONY: help setup tools build plugin demo test bench faults accept-azure lint verify clean
.DEFAULT_GOAL := help

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
BASE_IMAGE  := debian-12

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18

setup: ## Debian packages, bin/ingot and a base image: only what is missing
	@.ci/setup $(BASE_IMAGE)

tools: ## stock Packer and its Azure plugin, which tests and figures compare with: minutes, once
	@.ci/tools/build

build: ## bin/ingot alone
	go build -o bin/ingot ./cmd/ingot

plugin: ## bin/packer-plugin-ingot, which gives Packer what is linked into Ingot
	go build -o bin/packer-plugin-ingot ./cmd/packer-plugin-ingot

demo: setup ## build the image of examples/linux-web and say what to look at
	@.ci/demo

test: setup tools ## all tests, those that boot VMs too
	INGOT_TEST_IMAGE="$$(bin/ingot image path $(BASE_IMAGE))" go test -timeout 60m ./...

bench: setup tools ## figures for speed and memory, each with its bound
	@.ci/bench

faults: build tools ## the fault table of builds on Azure, 50 kills, Ctrl-C at every step: a quarter of an hour
	go run ./cmd/internal/proof/faults -notes faults.json bin/ingot

accept-azure: build ## builds in a real subscription; says what that costs before it does anything
	go run ./cmd/internal/accept bin/ingot

lint: ## gofmt, go vet, staticcheck
	@.ci/gofmt
	go vet ./...
	go run $(STATICCHECK) ./...

verify: ## go.mod is tidy, modules are what they were, generated files are current
	go mod tidy -diff
	go mod verify
	@.ci/generated

clean: ## remove bin/; images, the gallery and logs stay
	rm -rf bin
