# hostnet-module. On a Debian machine with git, make and Go, each target installs what it
# lacks (deps) and needs nothing else. Root is needed for that alone.

GO      ?= go
KERNEL  ?= 12
PKG     ?= ./...
RUN     ?= .
FUZZ    ?= 3000x

export HOSTNET_LAB_KERNEL = $(KERNEL)

# The same source gives the same bytes, wherever it lies.
# A static executable at Go's own addresses, with nothing of the toolchain turned off: SECURITY.md says why it is no position-independent one.
FLAGS   = -s -w -buildid=
GOBUILD = CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(FLAGS)'

# What is not done by then hangs. No test is judged by it: who shares two cores with others may take ten times as long.
HANGS := 3h

# How a test binary gets into the machine, with the program beside it.
EXEC := $(CURDIR)/bin/lab run --timeout $(HANGS) --file $(CURDIR)/bin/hostnet-module:/usr/bin/hostnet-module

.DEFAULT_GOAL := build

## build: the program, the Ansible module for both architectures, the lab
.PHONY: build
build: bin/hostnet-module library/hostnet bin/lab

# Always asked: Go's own cache knows best what is stale.
.PHONY: bin/hostnet-module bin/lab bin/bench library/hostnet library/hostnet_linux_amd64 library/hostnet_linux_arm64
bin/hostnet-module:
	$(GOBUILD) -o $@ ./module

bin/lab:
	$(GOBUILD) -o $@ ./tests/lab

library/hostnet_linux_amd64 library/hostnet_linux_arm64: library/hostnet_linux_%:
	GOOS=linux GOARCH=$* $(GOBUILD) -o $@ ./module

library/hostnet: library/hostnet_linux_amd64 library/hostnet_linux_arm64
	ln -sfn hostnet_linux_$(shell $(GO) env GOHOSTARCH) $@

COLLECTION := bin/hostnet-linux-$(shell sed -n 's/^version: //p' galaxy.yml).tar.gz

## collection: the Ansible collection hostnet.linux as a file for ansible-galaxy, in bin/
.PHONY: collection
collection: library/hostnet
	rm -rf bin/collection bin/hostnet-linux-*.tar.gz && mkdir -p bin/collection/library
	cp -r galaxy.yml LICENSE meta plugins roles playbooks changelogs bin/collection
	cp docs/ansible.md bin/collection/README.md
	cp library/hostnet_linux_* bin/collection/library
	find bin/collection -name __pycache__ -prune -exec rm -rf {} +
	ansible-galaxy collection build --force --output-path bin bin/collection

# What make test does: on this host alone, one after the other; then what starts machines, two at a time, for most of them wait on one CPU.
HOSTTESTS    := build check size fuzz
MACHINETESTS := on-kernel brief powercut ansible firstboot labtests test-release

# What is tried once more, by whom it may be, is a line in here (tests/await).
export HOSTNET_RETRIES = $(CURDIR)/bin/retries

## test: everything; what is missing is installed first. At the end it tells how long each part took and what was tried once more
.PHONY: test
test: deps
	@mkdir -p bin; rm -f bin/retries bin/times; code=0; began=$$(date +%s); \
	{ $(MAKE) --no-print-directory $(HOSTTESTS:%=timed-%) && $(MAKE) --no-print-directory fetched && \
	  $(MAKE) --no-print-directory -j2 -k -O $(MACHINETESTS:%=timed-%); } || code=1; \
	echo; echo "seconds:"; cat bin/times; echo "$$(( $$(date +%s) - began )) all"; \
	if [ -s bin/retries ]; then echo "tried once more:"; sort bin/retries | uniq -c; else echo "nothing was tried once more"; fi; \
	[ $$code = 0 ] || echo "make test: FAILED"; exit $$code

# A target with its time.
.PHONY: $(HOSTTESTS:%=timed-%) $(MACHINETESTS:%=timed-%)
$(HOSTTESTS:%=timed-%) $(MACHINETESTS:%=timed-%): timed-%:
	@began=$$(date +%s); if $(MAKE) --no-print-directory $*; then code=0 end=; else code=1 end=" FAILED"; fi; \
	echo "$$(( $$(date +%s) - began )) $*$$end" >>bin/times; exit $$code

# What machines are made of, for all of make test: here, and not twice at a time.
.PHONY: fetched
fetched: bin/lab
	for kernel in $(KERNELS); do bin/lab fetch --kernel $$kernel || exit 1; done
	bin/lab fetch --disk --kernel 12

## check: format, vet, unit tests, stories, walls, and the rules of a program that runs as root (tests/walls/danger_test.go); no machine, no root; within a minute. Before each commit
.PHONY: check
check: style unit

.PHONY: style
style:
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }
	$(GO) vet -tags lab,labhost,bench,release ./...

.PHONY: unit
unit:
	$(GO) test $(PKG)
	PYTHONPATH=collections PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -W error::SyntaxWarning -m unittest discover -s tests/ansible/unit

# Each fuzzer for a moment. A count, not a time: on a busy machine go takes the end of the time for a failure (context deadline exceeded), so
# that one is said and the next fuzzer goes on where a time was asked for.
## fuzz: every fuzzer of the project; FUZZ=1h: each for an hour of all processors, as before a release. FUZZERS=FuzzName
FUZZERS ?= Fuzz[A-Za-z0-9_]*
.PHONY: fuzz
fuzz:
	@grep -rn --include='*_test.go' -o '^func $(FUZZERS)(f' . | sed 's/:.*func / /; s/(f$$//' | while read -r file name; do \
	  echo "fuzz: $$name $(FUZZ)"; log=$$(mktemp); \
	  $(GO) test -timeout 0 -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZ) -fuzzminimizetime 20x "$$(dirname $$file)" </dev/null >$$log 2>&1; code=$$?; \
	  cat $$log; grep -q 'Failing input written' $$log && found=1 || found=; grep -q 'context deadline exceeded' $$log && ended=1 || ended=; rm -f $$log; \
	  case "$$code $$found $$ended $(FUZZ)" in "0 "*) ;; *"  1 "*[smh]) echo "fuzz: $$name: its time was over while it was busy; it found nothing" ;; *) exit 1 ;; esac; done

# Packages with tests for a real kernel: those with a file tagged lab. One machine
# at a time: two would disturb each other's clocks.
LABPKGS = $(shell grep -rl --include='*_test.go' '^//go:build lab$$' . | xargs -r -n1 dirname | sort -u | grep -v -e $(NOBONDING) -e $(UDEV) -e $(MANAGERS))

# This one wants a kernel without bonding.
NOBONDING := ./tests/real/nobonding

# This one wants udev.
UDEV := ./tests/real/udev

# And this one ifupdown and systemd-networkd.
MANAGERS := ./tests/real/managers

## real: the tests on a real kernel. KERNEL=12|13|newest, LABPKGS=./some/package, RUN=TestName
.PHONY: real
real: labtests on-kernel

# The lab itself.
.PHONY: labtests
labtests: bin/lab bin/hostnet-module
	bin/lab fetch --kernel $(KERNEL)
	$(GO) test -tags labhost -count 1 -parallel 2 ./tests/lab

.PHONY: on-kernel
on-kernel: bin/lab bin/hostnet-module
	bin/lab fetch --kernel $(KERNEL)
	$(GO) test -p 1 -parallel 6 -timeout $(HANGS) -tags lab -run '$(RUN)' -exec '$(EXEC)' $(LABPKGS)
	$(GO) test -tags lab -exec '$(EXEC:run=run --no-module bonding)' $(NOBONDING)
	$(GO) test -tags lab -exec '$(EXEC:run=run --udev)' $(UDEV)

## managers: ifupdown, ifupdown2 and systemd-networkd on the same input as the program
.PHONY: managers
managers: bin/lab bin/hostnet-module
	$(GO) test -tags lab -parallel 3 -run '$(RUN)' -exec '$(EXEC:run=run --managers --package ifupdown2)' $(MANAGERS)

## test-many: all 4,094 VLANs with their bridges on a real kernel: made, looked at again, one more, some less, all taken away
.PHONY: test-many
test-many: deps bin/lab bin/hostnet-module
	bin/lab fetch --kernel $(KERNEL)
	HOSTNET_SEGMENTS=4093 $(GO) test -v -timeout $(HANGS) -tags lab -exec '$(EXEC:run=run --memory 4096)' ./tests/real/many

# The power is cut from outside the machine.
.PHONY: powercut
powercut: bin/lab bin/hostnet-module
	bin/lab fetch --kernel $(KERNEL)
	$(GO) test -tags labhost -count 1 -timeout $(HANGS) -v -run TestPowerCut ./tests/faults

## test-faults: all faults: every step of five plans, 200 random documents, the power cut at every change, the guardian under systemd; two hours
.PHONY: test-faults
test-faults: deps bin/lab bin/hostnet-module
	HOSTNET_FAULTS=200 $(GO) test -v -p 1 -parallel 6 -timeout $(HANGS) -tags lab -exec '$(EXEC:run=run)' ./tests/faults | grep -v '^=== '
	bin/lab fetch --disk --kernel 13
	$(GO) test -tags labhost -count 1 -timeout $(HANGS) -v -run TestGuardian ./tests/boot
	HOSTNET_CUTS=all $(GO) test -tags labhost -count 1 -timeout $(HANGS) -v -run TestPowerCut ./tests/faults

# Those that are quick, and nothing but Ansible's business: three minutes.
STORIES := TestStories/library/(classic|cut|lenient|loop|refused|verbose)|TestStories/collection/(classic|confirm|fallback|role)

## ansible: real Ansible over SSH, on a machine without Python, by library/ and by the collection. RUN=TestStories/collection/role
.PHONY: ansible
ansible: bin/lab bin/hostnet-module collection
	$(GO) test -tags labhost -count 1 -timeout $(HANGS) -run '$(if $(filter .,$(RUN)),$(STORIES),$(RUN))' ./tests/ansible

## boot: real Debian machines with systemd, udev and cloud-init, booted; needs root once, for their disks. RUN=TestStory
.PHONY: boot
boot: bin/lab bin/hostnet-module
	bin/lab fetch --disk --kernel 12 --kernel 13 --kernel newest
	$(GO) test -tags labhost -count 1 -parallel 2 -timeout $(HANGS) -run '$(RUN)' -skip '$(CONTAINED)' -v ./tests/boot

# Those of them that containers are enough for.
CONTAINED := ^Test(Channels|BadUserData|KilledOverSeed|Package|Guardian|BootTime|Inits)$$

## channels: cloud-init's ways of delivering a document, bad documents, the package, a guardian's caller lost under systemd, hosts with sysvinit and OpenRC, in containers
.PHONY: channels
channels: bin/lab bin/hostnet-module packages
	bin/lab fetch --disk --kernel 13 --kernel newest
	$(GO) test -tags labhost -count 1 -timeout $(HANGS) -run '$(if $(filter .,$(RUN)),$(CONTAINED),$(RUN))' -v ./tests/boot

# What make test has of it: a first boot and a second one.
.PHONY: firstboot
firstboot: bin/lab bin/hostnet-module
	bin/lab fetch --disk --kernel 12
	$(GO) test -tags labhost -count 1 -timeout $(HANGS) -run TestFirstBoot/12 -v ./tests/boot

## test-boot: the same with all variants
.PHONY: test-boot
test-boot: deps
	HOSTNET_BOOT=all $(MAKE) --no-print-directory boot channels

## test-ansible: all ways to have it, on the Ansible of three Debian releases; a fleet of twenty hosts; ansible-lint and ansible-test
.PHONY: test-ansible
test-ansible: deps bin/lab bin/hostnet-module collection lint-ansible
	rm -f bin/ansible.figures
	HOSTNET_FIGURES=$(CURDIR)/bin/ansible.figures $(GO) test -tags labhost -count 1 -timeout $(HANGS) -run '$(RUN)' ./tests/ansible
	@cat bin/ansible.figures

## bench-ansible: what a task costs against Ansible's own ping, with and without distance, and against nine nmcli tasks; WRITE=1 puts it into docs/bench.md
.PHONY: bench-ansible
bench-ansible: deps bin/lab bin/hostnet-module collection
	rm -f bin/ansible.md
	HOSTNET_FIGURES=$(CURDIR)/bin/ansible.md $(GO) test -tags labhost,bench -count 1 -timeout $(HANGS) -run 'TestFigures|TestNmcli' -v ./tests/ansible
	[ -z "$(WRITE)" ] || sed -i -e '/^<!-- ansible figures/,/^<!-- end of ansible figures/{//!d}' -e '/^<!-- ansible figures/r bin/ansible.md' docs/bench.md

# What ansible-test does by itself. For the others it makes a virtual environment with packages of certain versions, which Debian does not have;
# the programs behind them, Debian's versions, are run below as it runs them.
SANITY := action-plugin-docs compile empty-init ignores no-assert no-basestring no-dict-iteritems no-dict-iterkeys no-dict-itervalues \
	no-get-exception no-illegal-filenames no-main-display no-smart-quotes no-unicode-literals replace-urlopen shebang symlinks \
	use-argspec-type-path

## lint-ansible: ansible-lint (production) and ansible-test sanity on the collection as it is installed
.PHONY: lint-ansible
lint-ansible: bin/lab collection
	@rm -rf bin/installed && ansible-galaxy collection install -p bin/installed $(COLLECTION) >/dev/null
	@cp .ansible-lint bin/installed/ansible_collections/hostnet/linux
	@folder=$$(bin/lab ansible --release 13) && cd bin/installed/ansible_collections/hostnet/linux && \
	  ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/bin/installed PATH=$$folder:$$PATH ansible-lint --offline --nocolor
	@packages=$$(bin/lab ansible --release 13)/../lib/python3/dist-packages; sanity=/usr/lib/python3/dist-packages/ansible_test/_util/controller/sanity; \
	  rm -rf bin/sanity && mkdir bin/sanity && cp -r $$packages/voluptuous $$packages/pycodestyle.py bin/sanity && cd bin/installed/ansible_collections/hostnet/linux && \
	  echo validate-modules && ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/bin/installed PYTHONPATH=$(CURDIR)/bin/sanity:$$sanity/validate-modules \
	    /usr/bin/python3 $$sanity/validate-modules/validate.py --collection ansible_collections/hostnet/linux --collection-version 0.1.0 plugins/modules && \
	  echo pep8 && PYTHONPATH=$(CURDIR)/bin/sanity /usr/bin/python3 -m pycodestyle --max-line-length 160 --config /dev/null --ignore "$$(paste -sd, $$sanity/pep8/current-ignore.txt)" plugins && \
	  echo yamllint && $$packages/../../../bin/yamllint -c $$sanity/yamllint/config/default.yml $(CURDIR)/galaxy.yml meta roles playbooks changelogs
	cd bin/installed/ansible_collections/hostnet/linux && rm .ansible-lint && git init -q . && git add -A && \
	  for test in $(SANITY); do ansible-test sanity --test $$test --python $$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])') || exit 1; done

## demo: the main job on a real kernel, shown and checked, in a minute
.PHONY: demo
demo: deps build
	@tests/demo/demo.sh

SIZED := library/hostnet_linux_amd64
SIZE  := tests/bench/size

## size: fails if the program has grown by more than 5 % since its size was recorded (WRITE=1 records it)
.PHONY: size
size: $(SIZED)
	@is=$$(stat -c %s $(SIZED)); [ -z "$(WRITE)" ] || echo $$is >$(SIZE); was=$$(cat $(SIZE)); \
	echo "size: $$is bytes, recorded $$was"; \
	[ $$((is * 100)) -le $$((was * 105)) ] || { echo "size: more than 5 % above the recorded one. What brought it in?" \
	"(go list -deps ./module; go tool nm -size -sort size of a build without -s -w.) If it is worth that: make size WRITE=1, and commit $(SIZE)"; exit 1; }

bin/bench:
	$(GOBUILD) -o $@ ./tests/bench

## bench: the seed host against ip -batch, in one machine; WRITE=1 puts the figures into docs/bench.md. ROUNDS=15
ROUNDS ?= 15
.PHONY: bench
bench: deps bin/lab bin/hostnet-module bin/bench
	bin/lab fetch --kernel $(KERNEL)
	$(EXEC) bin/bench --rounds $(ROUNDS) >bin/figures.md
	@cat bin/figures.md; [ -z "$(WRITE)" ] || bin/bench --into docs/bench.md <bin/figures.md
	@$(MAKE) --no-print-directory bench-ansible

## bench-sizes: hosts with 3 to 4,094 segments (SIZES=4093 and one more) against ip -batch, requests replayed, ifupdown, ifupdown2, networkd and NetworkManager; WRITE=1 puts figures and plots into docs. SIZES=3,128
SIZES ?= 3,16,128,512,1024
TIMES ?= 3
PEERS ?= --managers --package ifupdown2 --package network-manager --package dbus
.PHONY: bench-sizes
bench-sizes: deps bin/lab bin/hostnet-module bin/bench
	bin/lab fetch --kernel $(KERNEL)
	bin/lab run --kernel $(KERNEL) --memory 3072 --timeout 3h $(PEERS) --file $(CURDIR)/bin/hostnet-module:/usr/bin/hostnet-module bin/bench --sizes $(SIZES) --rounds $(TIMES) >bin/sizes.json
	@cat bin/sizes.json; [ -z "$(WRITE)" ] || bin/bench --sizes - --into docs/bench.md <bin/sizes.json

## bench-against: this program against another build of it, in one machine: OLD=/path/to/program SIZES=3,16,128 TIMES=15
.PHONY: bench-against
bench-against: bin/lab bin/hostnet-module bin/bench
	bin/lab fetch --kernel $(KERNEL)
	bin/lab run --kernel $(KERNEL) --memory 3072 --timeout 3h --file $(CURDIR)/bin/hostnet-module:/usr/bin/hostnet-module \
	  --file $(OLD):/usr/bin/hostnet-module.old bin/bench --against hostnet-module.old --sizes $(SIZES) --rounds $(TIMES)

# What differs by kernel: the model, every row and option, the program itself.
BRIEF   := -run '^Test(Kernel|EveryOption|DriftOfEveryOption|.*Rows|Seen|TablesAreComplete)$$' ./module/kernel ./tests/contract
KERNELS := 12 13 newest

## brief: the model and every option on the other kernels
.PHONY: brief
brief: bin/lab bin/hostnet-module
	@for kernel in $(filter-out $(KERNEL),$(KERNELS)); do echo "kernel $$kernel"; bin/lab fetch --kernel $$kernel || exit 1; \
	  HOSTNET_LAB_KERNEL=$$kernel $(GO) test -count 1 -p 1 -timeout $(HANGS) -tags lab -exec '$(EXEC)' $(BRIEF) || exit 1; done

## test-kernels: the contract, every row and the program on all kernels
.PHONY: test-kernels
test-kernels: deps labtests
	@for kernel in $(KERNELS); do echo "kernel $$kernel"; \
	  $(MAKE) --no-print-directory on-kernel KERNEL=$$kernel LABPKGS="./module/kernel ./tests/contract ./tests/real" || exit 1; done
	@echo "all of it holds on the kernels $(KERNELS)"

## lab: a shell in a machine with two bare NICs, two switches and a router
.PHONY: lab
lab: deps bin/lab bin/hostnet-module
	bin/lab shell

DIST    ?= dist
NFPM     = GOFLAGS=-mod=mod $(GO) run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
CYCLONE  = GOFLAGS=-mod=mod $(GO) run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
ARCHES  := amd64 arm64

# A release's number and time are those of its commit: two builds of one commit are the same bytes.
VERSION ?= 0.1.0~$(shell git log -1 --format=%cd --date=format:%Y%m%d 2>/dev/null).$(shell git rev-parse --short=8 HEAD 2>/dev/null)
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

# What the packages hold beside the program.
OWN = $(DIST)/$(shell $(GO) env GOHOSTARCH)/hostnet-module
.PHONY: dist
dist:
	rm -rf $(DIST); mkdir -p $(DIST)/share $(DIST)/units
	$(foreach arch,$(ARCHES),GOOS=linux GOARCH=$(arch) CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false \
	  -ldflags '$(FLAGS) -X main.version=$(VERSION)' -o $(DIST)/$(arch)/hostnet-module ./module &&) true
	$(OWN) help --man | gzip -9n >$(DIST)/share/hostnet-module.8.gz
	$(OWN) completion bash >$(DIST)/share/hostnet-module.bash
	$(OWN) completion fish >$(DIST)/share/hostnet-module.fish
	$(OWN) completion zsh >$(DIST)/share/_hostnet-module
	for unit in hostnet hostnet-late hostnet-wait-online hostnet-cloud-init; do \
	  sed 's,/usr/local/sbin/,/usr/sbin/,' cloudinit/files/$$unit.service >$(DIST)/units/$$unit.service; done

## packages: .deb and .rpm for amd64 and arm64, in dist/. VERSION=1.2.3
.PHONY: packages
packages: dist
	for arch in $(ARCHES); do sed 's,$${ARCH},'$$arch',; s,$${VERSION},$(VERSION),; s,$${DIST},$(DIST),' packaging/nfpm.yaml >$(DIST)/$$arch/nfpm.yaml; \
	  for form in deb rpm; do $(NFPM) package -f $(DIST)/$$arch/nfpm.yaml -p $$form -t $(DIST)/ || exit 1; done; done

## release: the packages, the programs, an SBOM of each and the checksums of all
.PHONY: release
release: packages
	for arch in $(ARCHES); do \
	  cp $(DIST)/$$arch/hostnet-module $(DIST)/hostnet_linux_$$arch; \
	  $(CYCLONE) bin -json -noserial -version '$(VERSION)' -output $(DIST)/hostnet_linux_$$arch.cdx.json $(DIST)/hostnet_linux_$$arch || exit 1; \
	  sed -i 's/"timestamp": "[^"]*"/"timestamp": "'$$(date -u -d @$(SOURCE_DATE_EPOCH) +%Y-%m-%dT%H:%M:%SZ)'"/' $(DIST)/hostnet_linux_$$arch.cdx.json; done
	rm -r $(foreach arch,$(ARCHES),$(DIST)/$(arch)) $(DIST)/units $(DIST)/share
	cd $(DIST) && sha256sum * >SHA256SUMS
	@cat $(DIST)/SHA256SUMS

# What looks at packages.
RELEASENEEDS := rpm:rpm mandoc:mandoc fish:fish zsh:zsh

## test-release: a release built twice in two places: the same bytes, and fit for dpkg, rpm, man and shells
.PHONY: test-release
test-release:
	@$(MAKE) --no-print-directory deps NEEDS='$(RELEASENEEDS)'
	$(GO) test -tags release -count 1 -timeout $(HANGS) ./tests/release

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
VULNDB      ?= https://vuln.go.dev

## lint: format, vet, staticcheck, govulncheck
.PHONY: lint
lint: style
	$(GO) run $(STATICCHECK) -tags lab,labhost ./...
	@$(MAKE) --no-print-directory vuln

## vuln: govulncheck: is a known vulnerability of Go or of a library within what the program calls? Where its database cannot be reached it says so, and that nothing is proved; VULN=strict fails then
.PHONY: vuln
vuln:
	@out=$$($(GO) run $(GOVULNCHECK) -db $(VULNDB) ./module/... ./cloudinit/... 2>&1); code=$$?; echo "$$out"; case "$$code $$out" in \
	  "0 "*) echo "vuln: no known vulnerability is called" ;; \
	  *"exit status 3"*) echo "vuln: the program calls what is known to be vulnerable"; exit 1 ;; \
	  *) echo "vuln: NOTHING IS PROVED: govulncheck could not do its work (can $(VULNDB) be reached? VULNDB= names another one)"; [ "$(VULN)" != strict ] ;; esac

# A command that must be there, and the Debian package that brings it.
NEEDS := qemu-system-x86_64:qemu-system-x86 ssh:openssh-client ansible-playbook:ansible-core \
	qemu-img:qemu-utils mmdebstrap:mmdebstrap /usr/sbin/mke2fs:e2fsprogs mformat:mtools systemd-nspawn:systemd-container

## deps: install what is missing, with apt-get
.PHONY: deps
deps:
	@missing=; for need in $(NEEDS); do command -v $${need%%:*} >/dev/null || missing="$$missing $${need#*:}"; done; \
	[ -n "$$missing" ] || exit 0; \
	if [ $$(id -u) = 0 ]; then sudo=; elif command -v sudo >/dev/null; then sudo=sudo; \
	else echo "to be installed as root, and there is no sudo:$$missing"; exit 1; fi; \
	echo "installing$$missing"; \
	$$sudo apt-get -q update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $$missing

## clean: remove what was built here (the lab's cache is in ~/.cache/hostnet-module)
.PHONY: clean
clean:
	rm -rf bin dist library/hostnet library/hostnet_linux_*

.PHONY: help
help:
	@sed -n 's/^## /  /p' Makefile
