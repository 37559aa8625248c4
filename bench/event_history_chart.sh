#!/usr/bin/env bash
# Table of bench/event_history.sh on standard input → chart (SVG) on standard output.
set -euo pipefail

awk -F '|' '
/^\| [0-9]+ \|/ { n++; history[n] = $2 + 0; median[n] = $3 + 0; high[n] = $4 + 0; memory[n] = $5 + 0; if (high[n] > most) most = high[n] }
function x(i) { return 70 + (i - 1) * 130 }
function y(v) { return 260 - v * 200 / most }
function line(values, colour,    i, points) {
    for (i = 1; i <= n; i++) points = points x(i) "," y(values[i]) " "
    printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>\n", colour, points
    for (i = 1; i <= n; i++) {
        printf "<circle cx=\"%d\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x(i), y(values[i]), colour
        printf "<text x=\"%d\" y=\"%.1f\" text-anchor=\"middle\" fill=\"%s\">%.0f</text>\n", x(i), y(values[i]) - 8, colour, values[i]
    }
}
END {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"680\" height=\"330\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"680\" height=\"330\" fill=\"white\"/>"
    print "<text x=\"20\" y=\"24\" font-size=\"14\">One inserted event, by the events that its user had before (microseconds)</text>"
    print "<line x1=\"50\" y1=\"260\" x2=\"640\" y2=\"260\" stroke=\"black\"/>"
    for (i = 1; i <= n; i++) {
        printf "<text x=\"%d\" y=\"278\" text-anchor=\"middle\">%d</text>\n", x(i), history[i]
        printf "<text x=\"%d\" y=\"294\" text-anchor=\"middle\" fill=\"gray\">%.1f MB</text>\n", x(i), memory[i]
    }
    line(high, "#999999")
    line(median, "#1f5fa8")
    print "<text x=\"20\" y=\"316\"><tspan fill=\"#1f5fa8\">median</tspan>, <tspan fill=\"#999999\">95th percentile</tspan>, <tspan fill=\"gray\">peak memory of the session</tspan></text>"
    print "</svg>"
}'
