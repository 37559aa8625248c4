#!/usr/bin/env bash
# `make release`: freezes the install script of the version that holomamba.control names. CONTRIBUTING.md has the steps around it.
#
#   extension/release.sh FOLDER SCRIPT     FOLDER is the tree, SCRIPT what make has joined from sql/
set -euo pipefail

cd "$1"
script=$2
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" holomamba.control)
released=extension/holomamba--$version.sql

refuse() {
    echo "not released: $1" >&2
    exit 1
}

heading=$(grep -m 1 '^## ' CHANGELOG.md)
[[ $heading == "## $version ("????-??-??")" ]] || refuse "CHANGELOG.md begins with \"$heading\", and should with \"## $version (the day of the release)\""
[[ ! -e $released ]] || refuse "$released is there: after a release, holomamba.control, META.json and CHANGELOG.md name the next version"
# Install scripts have one version in their names, those of upgrades two.
last=$(find extension -name 'holomamba--*.sql' ! -name 'holomamba--*--*.sql' -printf '%f\n' | sed 's/^holomamba--//; s/\.sql$//' | sort -V | tail -n 1)
frozen=("holomamba--$version.sql")
if [[ $last ]]; then
    upgrade=holomamba--$last--$version.sql
    [[ -e extension/$upgrade ]] || refuse "extension/$upgrade, which makes $version of $last, is missing"
    frozen+=("$upgrade")
fi

cp "$script" "$released"
(cd extension && sha256sum "${frozen[@]}" >>SHA256SUMS)
printf '%s\n' "released, and never to be edited again: ${frozen[*]/#/extension/}" \
    "Next: make check, commit, git tag v$version, make dist. Then name the next version in holomamba.control, META.json and CHANGELOG.md."
