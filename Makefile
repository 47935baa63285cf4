# The everyday commands. Each first sees to it that the machine has what it needs.
#
#   make                      the release build, programs in build/release/bin
#   make test                 the whole test suite, on the dev build
#   make torture              the long proofs, round after round: HOURS=2, or as many as there are
#   make defects              plants defects in a copy of the engine: a test must fail for each
#   make mutants              flips operators and drops calls in the engine: SAMPLE=300 SEED=1
#   make demo                 the loans example: INPUT=log.csv[.gz] REPORT=report.json
#   make bench                the benchmarks, ending with the RATIO lines: SCALE=0.1 for a look
#   make growth               how a store behaves as it grows, in docs/growth.svg: EVENTS=50000000
#   make bench-peers          the same appends and reads on other stores too: SCALE=0.1 for a look
#   make format               formats every source file
#   make install PREFIX=dir   installs the libraries, the generator and the tools
#   make package              Debian packages, in build/release/packages
#   make clean                removes build/

PREFIX ?= /usr/local
INPUT ?=
REPORT ?=
SCALE ?= 1
EVENTS ?= 50000000
HOURS ?= 2
SAMPLE ?= 300
SEED ?= 1

.PHONY: all test torture defects mutants demo bench bench-peers growth format install package \
        clean help setup
.DEFAULT_GOAL := all

setup:
	@scripts/setup.sh

all: setup
	@cmake --preset release >/dev/null
	cmake --build --preset release

test: setup
	@cmake --preset dev >/dev/null
	cmake --build --preset dev
	scripts/test.sh dev

torture: setup
	scripts/torture.py --hours '$(HOURS)'

defects: setup
	tests/defects/defects.py

mutants:
	@scripts/setup.sh mutants
	tests/defects/mutants.py --sample '$(SAMPLE)' --seed '$(SEED)' --seconds 60

demo: all
	INPUT='$(INPUT)' REPORT='$(REPORT)' examples/loans/demo.sh build/release/bin

bench: all
	DAYBOOK_BENCH_SCALE='$(SCALE)' build/release/bin/daybook_bench

growth:
	@scripts/setup.sh growth
	@cmake --preset release >/dev/null
	cmake --build --preset release --target daybook_growth
	bench/growth.sh build/release/bin '$(EVENTS)' docs/growth.svg

bench-peers:
	@scripts/setup.sh peers
	@cmake --preset peers >/dev/null
	cmake --build --preset peers
	SCALE='$(SCALE)' bench/peers/run.sh build/release/bin

format:
	@scripts/setup.sh ci
	git ls-files '*.h' '*.cc' | xargs clang-format -i

install: all
	cmake --install build/release --prefix '$(PREFIX)'

package: all
	@scripts/setup.sh package
	rm -rf build/release/packages
	cpack --config build/release/CPackConfig.cmake -B build/release/packages

clean:
	rm -rf build

help:
	@sed -n 's/^#   //p' Makefile
