#!/bin/sh
# fuzz.sh BUILD SECONDS - lets every libFuzzer driver in BUILD/fuzz run for SECONDS.
#
# Called by `make fuzz`. Starts from testdata/fuzz/NAME and keeps what it finds in BUILD/corpus/NAME;
# an input that breaks a driver is left in BUILD/findings. Status non-zero if there was one.
build=$1
seconds=$2
status=0
mkdir -p "$build/findings"
for program in "$build"/fuzz/*_fuzz; do
    [ -x "$program" ] || continue
    name=$(basename "$program")
    # A driver whose source has gone is a left-over of an earlier build.
    [ -n "$(find . -name "$name.c" -not -path './build/*' | head -n 1)" ] || continue
    mkdir -p "$build/corpus/$name"
    seeds=
    [ -d "testdata/fuzz/$name" ] && seeds=testdata/fuzz/$name
    # shellcheck disable=SC2086 # no folder, no argument
    if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$build/findings/$name-" "$build/corpus/$name" $seeds \
        >"$build/$name.log" 2>&1; then
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log") inputs, no finding"
    else
        tail -n 40 "$build/$name.log"
        echo "$name: FINDING, see $build/findings"
        status=1
    fi
done
exit $status
