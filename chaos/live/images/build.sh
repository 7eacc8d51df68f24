#!/usr/bin/env bash
# Builds the images that runs on containers need, without any image registry:
#
#	squall-base              Debian bookworm, from debootstrap
#	squall-postgres:15       takes the official postgres image's variables, as far as we use them
#	squall-rabbitmq:3.10     the same for rabbitmq, with management, consistent hash and metrics
#	squall-order ...         the four services, from the Dockerfile in system/deploy
#
#	build.sh                 all of them
#	build.sh servers         base, PostgreSQL and RabbitMQ; nothing is done if they are there
#	build.sh services        the services, from the working tree as it is
#
# GOFLAGS reaches the services' build: -overlay builds them with a change that the working
# tree does not have. TAG (latest) is the tag of the services' images; SERVICES names some of
# them, if not all. Needs Docker, Go, and
# for the base debootstrap and root or sudo; packages come from Debian's own archive.
set -euo pipefail
cd "$(dirname "$0")"
repository=$(cd ../../.. && pwd)
read -ra services <<<"${SERVICES:-order payment inventory notification}"
tag=${TAG:-latest}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

have() { docker image inspect "$1" >/dev/null 2>&1; }

# The work directory is removed at the end, as root because debootstrap wrote it as root.
work=$(mktemp -d)
trap 'as_root rm -rf --one-file-system "$work"' EXIT

build_base() {
	if have squall-base; then return; fi
	if ! command -v debootstrap >/dev/null; then
		echo "build.sh: debootstrap is needed for the base image (apt-get install debootstrap)" >&2
		return 1
	fi
	echo "squall-base: debootstrap"
	if ! as_root debootstrap --variant=minbase --include=ca-certificates bookworm "$work/base" >"$work/log" 2>&1; then
		tail -n 20 "$work/log" >&2
		return 1
	fi
	as_root rm -rf "$work"/base/var/cache/apt/archives/*.deb "$work"/base/var/lib/apt/lists/*
	as_root tar -C "$work/base" --numeric-owner -c . | docker import --change 'LABEL squall.image=base' - squall-base >/dev/null
}

# build_server NAME FOLDER
build_server() {
	if have "$1"; then return; fi
	echo "$1: docker build"
	docker build --quiet --tag "$1" "$2" >/dev/null
}

build_servers() {
	build_base
	build_server squall-postgres:15 postgres
	build_server squall-rabbitmq:3.10 rabbitmq
}

# The binaries are built here, where the modules are, and the Dockerfile takes them as they
# are.
build_services() {
	local context=$work/context
	build_base
	for service in "${services[@]}"; do
		rm -rf "$context" && mkdir -p "$context/bin"
		CGO_ENABLED=0 GOOS=linux go build -C "$repository" -trimpath -ldflags=-s -o "$context/bin/$service" "./system/cmd/$service"
		docker build --quiet --tag "squall-$service:$tag" --file "$repository/system/deploy/Dockerfile" \
			--build-arg BUILDER=squall-base --build-arg SERVICE="$service" "$context" >/dev/null
		echo "squall-$service:$tag"
	done
	# What the first stage was is of no use any more.
	docker image prune --force --filter label=squall.image=build >/dev/null
}

case ${1:-all} in
all) build_servers && build_services ;;
servers) build_servers ;;
services) build_services ;;
*)
	echo "usage: build.sh [all|servers|services]" >&2
	exit 2
	;;
esac
