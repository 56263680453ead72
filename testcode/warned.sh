#!/bin/sh
# warned.sh BUILD - forgets the objects that compiled with warnings.
#
# Called by `make check` before it builds with -Werror, so that a warning which an earlier plain
# `make` let pass is an error now. Removes files below BUILD/obj only.
[ -d "$1/obj" ] || exit 0
find "$1/obj" -name '*.o.warned' | while read -r note; do
    rm -f "$note" "${note%.warned}"
done
