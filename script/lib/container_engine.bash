# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# container_engine.bash - a container engine for a check: the one that runs here, or one of our own for as long as the
# check takes. Source it after common.bash.
#
#   engine_start DIRECTORY    the engine's own files, if it is ours, are kept in that directory
#   engine_stop               stops the engine if it is ours
#   engine_compose ARGUMENT…  Compose v2 if it is there, else docker-compose
#   engine_make_base SUITE IMAGE [DIRECTORY]
#                             makes IMAGE, a minimal Debian of that suite (bookworm, trixie); the directory keeps the
#                             archive for the next time

engine_pid=
engine_directory=

engine_is_up() {
  timeout 10 docker info >/dev/null 2>&1
}

# Returns 77 if there can be no engine here.
engine_start() {
  local attempt

  script/bootstrap containers
  if engine_is_up; then
    return 0
  fi
  if [[ $EUID != 0 ]]; then
    say "skipped: no container engine that this user may use, and only root can start one" >&2
    return 77
  fi
  engine_directory=$1/engine
  mkdir -p "$engine_directory"
  export DOCKER_HOST=unix://$engine_directory/docker.sock
  dockerd --host "$DOCKER_HOST" --pidfile "$engine_directory/pid" --data-root "$engine_directory/data" \
    --exec-root "$engine_directory/exec" >"$engine_directory/log" 2>&1 &
  engine_pid=$!
  for ((attempt = 0; attempt < 60; attempt++)); do
    if engine_is_up; then
      return 0
    fi
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.5
  done
  tail -n 20 "$engine_directory/log" >&2
  fail "the container engine did not start; its last messages are above"
}

engine_stop() {
  local mount_point

  [[ -n $engine_pid ]] || return 0
  kill "$engine_pid" 2>/dev/null || :
  wait "$engine_pid" || :
  engine_pid=
  # An engine that ended in a hurry leaves mounts behind, and what is mounted cannot be removed.
  while read -r _ mount_point _; do
    [[ $mount_point != "$engine_directory"/* ]] || umount "$mount_point" || :
  done </proc/mounts
}

engine_compose() {
  if docker compose version >/dev/null 2>&1; then
    docker compose "$@"
  else
    docker-compose "$@"
  fi
}

engine_make_base() {
  local suite=$1 image=$2 archive=${3-}/minimal-$1.tar

  if [[ -z ${3-} ]]; then
    mmdebstrap --quiet --variant=minbase "$suite" | docker import - "$image" >/dev/null
    return
  fi
  if [[ ! -e $archive ]]; then
    mmdebstrap --quiet --variant=minbase "$suite" >"$archive.part"
    mv "$archive.part" "$archive"
  fi
  docker import "$archive" "$image" >/dev/null
}
