#!/bin/bash
# Prints the name of a Debian 12 image to build on, and makes that image where none can be had.
#
#   container/base.sh            BASE if set; else debian:12 if it is here or can be pulled; else mod-jk-base
#   container/base.sh --make     makes mod-jk-base anew with debootstrap, whatever is there already
#
# mod-jk-base is Debian's "minbase" plus ca-certificates, taken from the mirrors that this machine's own
# apt sources name, updates and security included. It is made once, then found by its name.
# Progress goes to stderr; stdout carries the image name alone, so that a caller can take it.
set -euo pipefail

readonly NAME=mod-jk-base SUITE=bookworm
readonly DOCKER=${DOCKER:-docker}

say() { printf 'base: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have_image() { "$DOCKER" image inspect "$1" >/dev/null 2>&1; }

# One "URI SUITE" a line for each Debian archive that apt is told of here, in either of its two file formats.
# Archives of other vendors are left out: their suites have other names, or no component "main".
sources() {
    {
        { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
            sed -nE 's/^deb +(\[[^]]*\] +)?(https?:[^ ]+) +([^ ]+) +.*\bmain\b.*/\2 \3/p'
        { cat /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } | sources_deb822
    } | awk -v s="$SUITE" '$2 == s || $2 == s "-updates" || $2 == s "-security"' | sort -u
}

# The newer format: stanzas of "Field: values", parted by empty lines; every URI goes with every suite.
sources_deb822() {
    awk '
        function flush() {
            if (enabled && types ~ /(^| )deb( |$)/ && components ~ /(^| )main( |$)/)
                for (u in uris) for (s in suites) if (uris[u] ~ /^https?:/) print uris[u], suites[s]
            split("", uris); split("", suites); types = components = ""; enabled = 1
        }
        BEGIN { enabled = 1 }
        /^#/ { next }
        /^[[:space:]]*$/ || /^Types:/ && types != "" { flush() }
        { field = $1; $1 = ""; sub(/^ /, "") }
        field == "Types:" { types = $0 }
        field == "URIs:" { split($0, uris) }
        field == "Suites:" { split($0, suites) }
        field == "Components:" { components = $0 }
        field == "Enabled:" && tolower($0) == "no" { enabled = 0 }
        END { flush() }'
}

make_base() {
    command -v debootstrap >/dev/null || die "no image can be pulled and debootstrap is missing: apt-get install debootstrap"
    [ "$(id -u)" = 0 ] || die "debootstrap needs root; or name an image yourself: BASE=debian:12"
    local archives mirror root
    archives=$(sources)
    mirror=$(awk -v s="$SUITE" '$2 == s { print $1; exit }' <<<"$archives")
    [ -n "$mirror" ] || die "apt's sources here name no archive with $SUITE; or name an image yourself: BASE=debian:12"
    root=$(mktemp -d "${TMPDIR:-/tmp}/mod-jk-base.XXXXXX")
    # shellcheck disable=SC2064  # the folder of now is meant
    trap "rm -rf --one-file-system '$root'" EXIT

    say "making $NAME: debootstrap $SUITE (about a minute)"
    debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$root" "$mirror" | progress ||
        { tail -n 20 "$root/debootstrap/debootstrap.log" >&2 || true; die "debootstrap failed"; }
    awk '{ print "deb", $1, $2, "main" }' <<<"$archives" >"$root/etc/apt/sources.list"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # nothing starts a service while packages are installed
    chmod 755 "$root/usr/sbin/policy-rc.d"
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/var/log/*.log

    say "handing it to $DOCKER"
    tar -C "$root" --numeric-owner --one-file-system -c . |
        "$DOCKER" import --change 'CMD ["bash"]' - "$NAME" >/dev/null
    say "made $NAME"
}

# debootstrap prints a line for each package and step; this shows that it moves, in three lines.
progress() {
    awk '/^E:/ { print > "/dev/stderr" }
         / Retrieving / { got++ } / Unpacking / { if (!u++) printf "base: %d packages retrieved\n", got > "/dev/stderr" }
         / Configuring / { if (!c++) print "base: configuring" > "/dev/stderr" }'
}

choose() {
    if [ -n "${BASE:-}" ]; then echo "$BASE"; return; fi
    if have_image debian:12; then echo debian:12; return; fi
    if ! have_image "$NAME"; then
        if timeout 120 "$DOCKER" pull -q debian:12 >/dev/null 2>&1; then echo debian:12; return; fi
        make_base
    fi
    echo "$NAME"
}

"$DOCKER" info >/dev/null 2>&1 || die "$DOCKER does not answer; is its daemon running?"
case ${1:-} in
'') choose ;;
--make) make_base; echo "$NAME" ;;
--sources) sources ;; # what the image would be told, to look at
*) die "usage: container/base.sh [--make | --sources]" ;;
esac
