#!/usr/bin/env bash
# Debian's packages for 64-bit ARM, unpacked and not installed: headers and libraries to build with for that machine.
#
#   test/arm_packages.sh FOLDER PACKAGE ...     below FOLDER, where they are not there yet
#
# The machine's own package sources and its packages stay as they are: apt is given a configuration of our own.
set -euo pipefail

folder=$1
shift
[[ ! -e $folder/complete || $(<"$folder/complete") != "$*" ]] || exit 0
rm -rf "$folder"
mkdir -p "$folder"/apt/{lists/partial,archives/partial,debs}
folder=$(cd "$folder" && pwd)
work=$folder/apt
: >"$work/status"

# shellcheck disable=SC2016 # $(...) is apt's own
apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | sort -u |
    while read -r origin uri release component; do
        [[ $origin != Debian ]] ||
            echo "deb [arch=arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release $component"
    done >"$work/sources.list"
[[ -s $work/sources.list ]] || { echo 'apt knows no repository of Debian: run apt-get update first' >&2 && exit 1; }

private=(-q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=-
    -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache::archives="$work/archives"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User="$(id -un)")
apt-get "${private[@]}" update
(cd "$work/debs" && apt-get "${private[@]}" download "$@")
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$folder"; done
rm -rf "$work"
echo "$*" >"$folder/complete"
