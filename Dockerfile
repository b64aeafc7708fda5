# One image for both binaries: the controllers that the chart runs, and the CLI for jobs in the cluster.
# docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=v0.1.0 .
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY cmd cmd
COPY pkg pkg
# The builder's own architecture compiles for the target's. -trimpath and no build id: the same source gives the same bytes.
ARG TARGETOS TARGETARCH
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    mkdir /out && CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
    go build -trimpath -ldflags "-s -w -buildid= -X main.version=${VERSION}" -o /out ./cmd/seedbed-controller ./cmd/seedbed

FROM gcr.io/distroless/static-debian12:nonroot
LABEL org.opencontainers.image.title="Seedbed" \
      org.opencontainers.image.description="Populates every new Kubernetes namespace from a stored baseline backup" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/seedbed-controller /out/seedbed /
USER 65532:65532
ENTRYPOINT ["/seedbed-controller"]
