# syntax=docker/dockerfile:1

# Both stages must be of the same Debian release: the binary is linked with its C library.
ARG DEBIAN=trixie

FROM rust:1.95-slim-${DEBIAN} AS build
WORKDIR /src
# .cargo/config.toml comes along: it says how the bundled SQLite is compiled.
COPY . .
# The caches keep dependencies from one build to the next; the binary is copied out as they are no part of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked \
 && cp target/release/hookwell /usr/local/bin/hookwell

FROM debian:${DEBIAN}-slim
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin hookwell \
 && install -d -o hookwell -g hookwell -m 0700 /data
COPY --from=build /usr/local/bin/hookwell /usr/local/bin/hookwell
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["hookwell", "healthcheck"]
# SIGTERM, which docker stop sends, ends it in good order within 10 seconds.
ENTRYPOINT ["hookwell"]
CMD ["serve", "--listen", "0.0.0.0:8080", "--data", "/data"]
