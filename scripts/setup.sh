#!/bin/sh
# Makes a clone ready to run: npm packages, generated schema and types, and (as root on Debian or Ubuntu) what containers
# need of the machine. Every step is skipped when there is nothing to do. `setup.sh test` adds what the tests need.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
begin() { # begin STEP WHAT-FOLLOWS: said before the waiting
  step=$1
  begun=$(date +%s)
  say "… $1: $2"
}
done_with() { # done_with [DETAIL]
  printf '✓ %-14s %6s s%s\n' "$step" $(($(date +%s) - begun)) "${1:+  $1}" >&2
}
give_up() {
  say "✗ $step: $1"
  exit 1
}

stamp=node_modules/.wherry-setup
if [ ! -x node_modules/.bin/node ] || ! cmp -s package-lock.json "$stamp"; then
  begin "npm packages" "the first time this takes about a minute"
  command -v npm >/dev/null 2>&1 || give_up "npm is not on the PATH: install Node.js 24 or newer from https://nodejs.org/"
  npm ci --no-audit --no-fund --loglevel=error >&2 ||
    give_up "npm ci failed; what it says is above. Is the npm registry reachable from here?"
  cp package-lock.json "$stamp"
  done_with
fi

PATH="$PWD/node_modules/.bin:$PATH"
step=schema
begun=$(date +%s)
[ -e src/api/generated/stamp.json ] || begin schema "the types of Kubernetes 1.36 from its published packages"
made=$(node scripts/generate/main.ts) || give_up "the types could not be made; why is above"
[ -z "$made" ] || done_with "$made"

[ "$(uname -s)" = Linux ] || exit 0

missing=""
need() { # need PROGRAM PACKAGE: PROGRAM is a command, or a path
  case "$1" in
    /*) [ -e "$1" ] && return 0 ;;
    *) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1 && return 0 ;;
  esac
  missing="$missing $2"
}
need containerd containerd
need runc runc
[ -e /opt/cni/bin/bridge ] || need /usr/lib/cni/bridge containernetworking-plugins
need nft nftables
need conntrack conntrack
need ip iproute2
if [ "${1:-}" = test ]; then
  need /bin/busybox busybox-static
  need docker-registry docker-registry
  need nginx nginx-light
  need strace strace
  need curl curl
  need etcd etcd-server
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  say "! for real containers, install as root (Debian's names):$missing"
  exit 0
fi

begin "Debian packages" "$(echo $missing)"
# Nothing that is installed here is started: Wherry starts its own, and only while it runs.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT INT TERM
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086
if ! { apt-get install -y -q --no-install-recommends $missing || { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; }; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  rm -f "$log"
  give_up "could not be installed; what apt-get says is above. Real containers need:$missing"
fi
rm -f "$log"
done_with
