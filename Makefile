# `make run` and `make test` are all that is needed on a machine with Rust; the rest is for those who change hookwell.
#
#   make run                        build and serve on http://127.0.0.1:8080, data in ./data
#   make run ARGS='--listen 127.0.0.1:9000'
#   make test                       install what the tests need, then every check
#   make bench                      speed and memory beside a server that stores nothing
#   make bench BENCH='throughput --seconds 5'
#   make screenshot                 docs/screenshot.png anew, from a running server
#   make clean                      remove what was built; ./data stays

CARGO ?= cargo

.PHONY: run test bench screenshot clean

run:
	@scripts/setup-build.sh
	$(CARGO) build --release --locked
	@exec $(CARGO) run --release --locked --quiet -- serve $(ARGS)

# The doc tests come before the others, so that the last line printed is the sum of the tests that matter most.
test:
	@scripts/setup-tests.sh
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --no-deps --document-private-items --locked
	$(CARGO) test --doc --locked
	$(CARGO) test --tests --no-run --locked
	scripts/in-time.sh 3000 $(CARGO) test --tests --locked

bench:
	@scripts/setup-build.sh
	$(CARGO) bench --locked --bench http -- $(BENCH)

screenshot:
	@scripts/setup-tests.sh
	$(CARGO) build --release --locked
	scripts/screenshot.sh

clean:
	$(CARGO) clean
