# hostnet-module: build, test, show. `make test` and `make demo` install what they lack.

GO      ?= go
ARCH    := $(shell $(GO) env GOARCH)
GOBUILD := CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w"

.PHONY: build
build: bin/hostnet-module library/hostnet bin/lab

# Go's build cache knows best what is stale.
.PHONY: bin/hostnet-module bin/lab library/hostnet library/hostnet_linux_amd64 library/hostnet_linux_arm64
bin/hostnet-module:
	$(GOBUILD) -o $@ ./module

bin/lab:
	$(GOBUILD) -o $@ ./tests/lab

library/hostnet_linux_amd64 library/hostnet_linux_arm64: library/hostnet_linux_%:
	GOOS=linux GOARCH=$* $(GOBUILD) -o $@ ./module

library/hostnet: library/hostnet_linux_amd64 library/hostnet_linux_arm64
	ln -sfn hostnet_linux_$(ARCH) $@
