#!/bin/bash
# Grows a store and draws how it behaves: growth.sh BIN EVENTS OUTPUT.svg. The figures go beside the
# picture, as tab separated values.
set -euo pipefail
bin=$1 events=$2 picture=$3
figures=${picture%.svg}.tsv
"$bin/daybook_growth" "$events" | tee "$figures"
gnuplot <<END
set terminal svg size 960,720 font "sans,12" background "white"
set output "$picture"
set datafile separator "\t"
set key autotitle columnhead
unset key
set multiplot layout 3,2 margins 0.09,0.97,0.08,0.95 spacing 0.12,0.12
set logscale x
set xrange [80000:*]
set yrange [0:*]
set grid
set format x "10^%T"
set style data linespoints
set title "Opening a store that was closed, ms"
plot "$figures" using 1:4 pointtype 7
set title "Memory after 2,000 streams were read, MiB"
plot "$figures" using 1:5 pointtype 7
set title "Durable appends of 16 callers, 1/s"
plot "$figures" using 1:6 pointtype 7
set title "Reading a stream of 5 events, µs (median)"
plot "$figures" using 1:7 pointtype 7
set title "Reading the log, 1,000 events/s"
plot "$figures" using 1:(\$8 / 1000) pointtype 7
set title "Bytes on disk for an event of 100 bytes"
set xlabel "events"
plot "$figures" using 1:9 pointtype 7
unset multiplot
END
