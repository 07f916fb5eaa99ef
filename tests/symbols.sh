#!/bin/bash
# What the module shows to the dynamic linker: httpd finds `jk_module`, and nothing else can clash with the
# server, its other modules or their libraries.
#
#   tests/symbols.sh target/release/mod_jk.so
set -euo pipefail

module=${1:?usage: tests/symbols.sh MODULE}
[ -f "$module" ] || { echo "symbols: $module is missing" >&2; exit 1; }
faults=0
fault() { echo "symbols: $module $*" >&2; faults=$((faults + 1)); }

exported=$(nm -D --defined-only "$module" | awk '{ print $NF }' | sort | tr '\n' ' ')
[ "$exported" = "jk_module " ] || fault "exports $(wc -w <<<"$exported") symbols, not jk_module alone: ${exported:0:300}"

# Functions of httpd and APR come from the server that loads the module; naming a library would load a second copy.
dynamic=$(readelf -dW "$module")
foreign=$(sed -nE 's/.*\(NEEDED\).*\[(lib(apr|httpd|pcre|expat)[^]]*)\]/\1/p' <<<"$dynamic" | tr '\n' ' ')
[ -z "$foreign" ] || fault "is linked with ${foreign% }"

# Destructors of thread-locals may run after a restart; the code must still be there then.
grep -q 'NODELETE' <<<"$dynamic" || fault "is not linked with -z nodelete"

[ "$faults" = 0 ] || exit 1
echo "symbols: $module exports jk_module alone"
