# Builds, checks, tests and installs mod_jk.so. `make` alone lists what there is.
#
# Each variable can be given on the command line: make system MODULE=/some/mod_jk.so

CARGO  ?= cargo
DOCKER ?= docker
APXS   ?= $(firstword $(shell command -v apxs; command -v apxs2) apxs)
TARGET := $(or $(CARGO_TARGET_DIR),target)

# The module under test and to install. A file named from outside is taken as it is, without a build.
MODULE ?= $(TARGET)/release/mod_jk.so
ifeq ($(origin MODULE),file)
BUILT := build
endif

# The original, for comparison. `make install` leaves a packaged one beside ours, under the first name.
ORIGINAL ?= $(firstword $(wildcard $(LIBEXECDIR)/mod_jk.so.distrib) $(LIBEXECDIR)/mod_jk.so)

# Where httpd keeps modules and configuration; DESTDIR goes before both.
LIBEXECDIR ?= $(shell $(APXS) -q LIBEXECDIR)
SYSCONFDIR ?= $(shell $(APXS) -q SYSCONFDIR)

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

# The first Python that has what the tests import: a python3 of the user's own, put before the system's, often has not.
PYTHON ?= $(firstword $(shell for p in python3 /usr/bin/python3; do $$p -c 'import pytest, selenium, jsonschema, prometheus_client' 2>/dev/null && echo $$p; done) python3)
PYTEST  = $(PYTHON) -m pytest $(PYTEST_ARGS)

# Tests of configuration, texts and packets, in which no MPM takes part: they run under event only, for the time they
# take. `make system OTHER_MPMS=` repeats them under worker and prefork too.
ANY_MPM := anomalies auto_alias configtest directives dissect lb_rules mapping properties request_log secret \
    status_formats status_page unparsed with_auth with_dir with_error_pages with_include with_rewrite
OTHER_MPMS ?= $(ANY_MPM:%=--ignore=tests/httpd/test_%.py)

# Seconds that each fuzz target runs.
FUZZ_SECONDS ?= 60

# The steps of one target run in their order, also under `make -j`.
.NOTPARALLEL:
.PHONY: help build check format lint architecture reference docs-check symbols test unit system valgrind tomcat compat \
    compat-theirs bench bench-gate fuzz run container-test install dist clean deps

help: ## list the targets
	@echo "mod_jk $(VERSION): make TARGET"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 19

build: ## build target/release/mod_jk.so
	$(CARGO) build --release --locked
	@install -m 644 $(TARGET)/release/libmod_jk.so $(TARGET)/release/mod_jk.so
	@ls -l $(TARGET)/release/mod_jk.so

check: format lint architecture reference docs-check symbols ## format, lints, architecture, docs, exported symbols

format:
	$(CARGO) fmt --check

lint:
	$(CARGO) clippy --locked --all-targets --no-default-features -- -D warnings
	$(CARGO) clippy --locked --all-targets -- -D warnings

architecture:
	$(CARGO) test --locked --no-default-features --test architecture

reference: ## compare docs/reference with the tables; UPDATE_REFERENCE=1 writes it
	$(CARGO) test --locked --no-default-features --test reference

docs-check:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

symbols: $(BUILT)
	tests/symbols.sh $(MODULE)

test: deps unit system compat tomcat ## every test but the container's: unit, system, compat, tomcat

unit: ## Rust tests: pure rooms alone, then with the httpd feature
	$(CARGO) test --locked --no-default-features
	$(CARGO) test --locked

# The tests mostly wait, for timeouts and for servers, so two runs go on at a time.
system: $(BUILT) ## a real httpd before a scripted backend, on each MPM
	@run() { JK_UNDER_TEST=ours JK_MODULE=$(abspath $(MODULE)) JK_MPM=$$1 $(PYTEST) $$2 tests/httpd; }; \
	mkdir -p $(TARGET); others=$(TARGET)/system-others.log; \
	{ run worker "$(OTHER_MPMS)" && run prefork "$(OTHER_MPMS)"; } >$$others 2>&1 & pid=$$!; \
	echo "worker and prefork run meanwhile; what they say comes when both are done, or in $$others"; \
	code=0; run event || code=$$?; wait $$pid || code=$$?; cat $$others; exit $$code

valgrind: $(BUILT) ## the system tests with httpd under memcheck, generated cases in part; half an hour
	@command -v valgrind >/dev/null || .ci/deps --bench
	JK_MEMCHECK=1 JK_MATRIX=0.03 JK_CUTS=0.01 JK_ISOLATION=400 JK_GROWTH=400 \
	    JK_UNDER_TEST=ours JK_MODULE=$(abspath $(MODULE)) JK_MPM=event $(PYTEST) tests/httpd --ignore=tests/httpd/test_syscalls.py \
	    --deselect=tests/httpd/test_directives.py::test_files_of_the_module_are_not_inherited_by_programs

tomcat: $(BUILT) ## a real httpd before real Tomcats
	JK_UNDER_TEST=ours JK_MODULE=$(abspath $(MODULE)) $(PYTEST) tests/tomcat

compat: $(BUILT) ## the original and ours side by side, asked the same; JK_SEED=N generates other questions
	JK_ORIGINAL=$(abspath $(ORIGINAL)) JK_MODULE=$(abspath $(MODULE)) JK_MPM=event $(PYTEST) tests/compat
	JK_ORIGINAL=$(abspath $(ORIGINAL)) JK_MODULE=$(abspath $(MODULE)) JK_MPM=prefork $(PYTEST) tests/compat

compat-theirs: ## the system tests over the original alone: what they say of it
	JK_UNDER_TEST=theirs JK_ORIGINAL=$(abspath $(ORIGINAL)) $(PYTEST) tests/httpd

bench: $(BUILT) ## ours, the original, mod_proxy_ajp and two lower bounds; QUICK=1: 2 minutes; KEEP=1: into docs
	@command -v valgrind strace >/dev/null || .ci/deps --bench
	$(PYTHON) benches/bench.py --module $(MODULE) --original $(ORIGINAL) $(if $(QUICK),--quick) $(if $(KEEP),--keep)

bench-gate: $(BUILT) ## counts that benches/limits.toml bounds: instructions and system calls
	@command -v valgrind strace >/dev/null || .ci/deps --bench
	$(PYTHON) benches/gate.py --module $(MODULE)

fuzz: ## each fuzz target for FUZZ_SECONDS (60)
	@[ -d fuzz ] || { echo "fuzz: there are no fuzz targets (fuzz/) in this tree" >&2; exit 1; }
	@$(CARGO) +nightly fuzz --version >/dev/null 2>&1 || { \
	    echo "fuzz: needs a nightly toolchain of rustup's and cargo-fuzz: cargo install cargo-fuzz" >&2; exit 1; }
	@for target in $$($(CARGO) +nightly fuzz list); do \
	    echo "fuzz: $$target, $(FUZZ_SECONDS) s"; \
	    mkdir -p fuzz/corpus/$$target && \
	    $(CARGO) +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 || exit 1; \
	done

run: deps $(BUILT) ## the demo: two httpds before two Tomcats, until Ctrl-C
	$(PYTHON) demo/run.py --module $(abspath $(MODULE))

container-test: $(BUILT) ## the module in containers: sticky pair, restarts under load, clean stop
	DOCKER=$(DOCKER) $(PYTHON) container/test.py --module $(abspath $(MODULE))

install: ## install the module, and on Debian its configuration where there is none
	@[ -f $(MODULE) ] || { echo "install: $(MODULE) is missing; run 'make build' first" >&2; exit 1; }
	@[ -n "$(LIBEXECDIR)" ] || { echo "install: no apxs; name the folders: LIBEXECDIR=... SYSCONFDIR=..." >&2; exit 1; }
	@$(divert)
	install -D -m 644 $(MODULE) "$(INSTALLED)"
	@if [ -d "$(DESTDIR)$(SYSCONFDIR)/mods-available" ]; then $(configure); else \
	    echo "Load it in httpd.conf: LoadModule jk_module $(LIBEXECDIR)/mod_jk.so"; \
	    echo "Examples of a configuration: apache-conf/"; \
	fi

INSTALLED = $(DESTDIR)$(LIBEXECDIR)/mod_jk.so

# A module that a Debian package brought moves aside; updates of that package, and its installation later on, then leave
# ours alone.
define divert
[ -n "$(DESTDIR)" ] || ! command -v dpkg-divert >/dev/null || [ ! -d "$(SYSCONFDIR)/mods-available" ] || \
    [ "$$(dpkg-divert --truename $(INSTALLED))" != $(INSTALLED) ] || { \
    if dpkg -S $(INSTALLED) >/dev/null 2>&1; then how=--rename; else how=--no-rename; fi; \
    dpkg-divert --local $$how --add $(INSTALLED) && \
    echo "To have the package's own back: rm $(INSTALLED) && dpkg-divert --local --rename --remove $(INSTALLED)"; }
endef

# Debian's layout: jk.load, jk.conf, and each file that our jk.conf names. What is there is an administrator's and stays.
define configure
place() { \
    if [ -e "$(DESTDIR)$$2" ]; then cmp -s "$$1" "$(DESTDIR)$$2" || echo "Kept $$2, which was there; ours is $$1"; \
    else install -D -m 644 "$$1" "$(DESTDIR)$$2" && echo "Installed $$2"; fi; }; \
for name in jk.load jk.conf; do place apache-conf/$$name "$(SYSCONFDIR)/mods-available/$$name" || exit 1; done; \
for file in $$(sed -nE 's/^[ \t]*Jk(Workers|Mount)File[ \t]+"?(\/[^ "]+).*/\2/p' apache-conf/jk.conf); do \
    [ ! -f "apache-conf/$${file##*/}" ] || place "apache-conf/$${file##*/}" "$$file" || exit 1; \
done; \
echo "Switch it on: a2enmod jk && apachectl configtest, then stop and start httpd (systemctl restart apache2)"
endef

dist: ## target/dist/mod_jk-VERSION.tar.gz of what is committed
	@git rev-parse --git-dir >/dev/null || { echo "dist: needs git and a clone of the repository" >&2; exit 1; }
	@git diff --quiet HEAD || echo "dist: changes that are not committed are left out"
	@mkdir -p target/dist
	git archive --format=tar.gz --prefix=mod_jk-$(VERSION)/ -o target/dist/mod_jk-$(VERSION).tar.gz HEAD

clean: ## remove what was built
	$(CARGO) clean
	rm -rf target fuzz/target
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

deps: ## install with apt what is missing to build and test
	@.ci/deps
