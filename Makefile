# The everyday commands. Each first sees to it that the machine has what it needs.
#
#   make                      the release build, programs in build/release/bin
#   make test                 the whole test suite, on the dev build
#   make defects              plants defects in a copy of the engine: a test must fail for each
#   make mutants              flips operators and drops calls in the engine: SAMPLE=300 SEED=1
#   make demo                 the loans example: INPUT=log.csv[.gz] REPORT=report.json
#   make bench                the benchmarks, ending with the RATIO lines: SCALE=0.1 for a look
#   make bench-peers          the same appends and reads on other stores too: SCALE=0.1 for a look
#   make format               formats every source file
#   make install PREFIX=dir   installs the libraries, the generator and the tools
#   make package              Debian packages, in build/release/packages
#   make clean                removes build/

PREFIX ?= /usr/local
INPUT ?=
REPORT ?=
SCALE ?= 1
SAMPLE ?= 300
SEED ?= 1

.PHONY: all test defects mutants demo bench bench-peers format install package clean help setup
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

defects: setup
	tests/defects/defects.py

mutants:
	@scripts/setup.sh mutants
	tests/defects/mutants.py --sample '$(SAMPLE)' --seed '$(SEED)' --seconds 60

demo: all
	INPUT='$(INPUT)' REPORT='$(REPORT)' examples/loans/demo.sh build/release/bin

bench: all
	DAYBOOK_BENCH_SCALE='$(SCALE)' build/release/bin/daybook_bench

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
