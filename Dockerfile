# syntax=docker/dockerfile:1
FROM rust:1-slim-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY manifest manifest
COPY src src
# Caches outlive the layer, so the program is copied out of them. Tests are not in the context; an empty
# target keeps Cargo from looking for them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    mkdir -p tests/it && echo '//! Empty.' > tests/it/main.rs \
    && cargo build --release --locked --bin headwater \
    && cp target/release/headwater /headwater \
    && mkdir /data

# Holds a C library, certificates and an unprivileged user, and neither a shell nor a package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /headwater /usr/local/bin/headwater
# A new volume takes the owner of the folder it is mounted over.
COPY --from=build --chown=65532:65532 /data /data
ENV HEADWATER_DATA_DIR=/data
VOLUME /data
EXPOSE 7000/tcp 6881/tcp 6881/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["headwater", "healthcheck"]
ENTRYPOINT ["headwater"]
CMD ["serve"]
