#!/bin/bash
# Whether a fresh Debian 12 can build, check and load the module with nothing but what the Makefile installs.
#
#   container/fresh.sh                 make deps build symbols install, a2enmod jk, apachectl configtest
#   container/fresh.sh make deps unit  these commands instead
#
# Takes what is committed, into a container of the base image. A machine that has been worked on hides a missing
# package; this one cannot. Some minutes; not part of any other target. Crates come over this machine's network,
# with its certificates.
set -euo pipefail
cd "$(dirname "$0")/.."

DOCKER=${DOCKER:-docker}
base=$(container/base.sh)
name=mod-jk-fresh-$$
certificates=/etc/ssl/certs/ca-certificates.crt
options=(--name "$name" --network host --workdir /src --env CARGO_TERM_PROGRESS_WHEN=never)
[ ! -f "$certificates" ] || options+=(--volume "$certificates:/certificates.crt:ro" --env CARGO_HTTP_CAINFO=/certificates.crt)
trap '"$DOCKER" rm -f -v "$name" >/dev/null 2>&1' EXIT

"$DOCKER" run -d "${options[@]}" "$base" sleep infinity >/dev/null
git archive HEAD | "$DOCKER" exec -i "$name" tar -x
in_container() { "$DOCKER" exec "$name" "$@"; }

in_container sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends make >/dev/null 2>&1'
if [ $# -gt 0 ]; then
    in_container "$@"
else
    in_container make deps build symbols install
    in_container a2enmod -q jk
    in_container apachectl configtest
fi
echo "fresh: ok"
