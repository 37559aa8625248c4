#!/usr/bin/env bash
# `make check-disk`: a disk that is full (test/long/disk.pl). The disk is a tmpfs of DISK_MEGABYTES (96), which only root may
# mount; where that is not allowed, the suite says so and counts one check as skipped.
set -euo pipefail

# shellcheck source=test/long/common.sh
source "$(dirname "$0")/common.sh"
suite disk

disk=$(mktemp -d /tmp/holomamba-disk.XXXXXX)
trap 'status=$?; umount "$disk" 2>/dev/null; rmdir "$disk"; suite_ends $status' EXIT
if ! mount -t tmpfs -o "size=${DISK_MEGABYTES:-96}m" holomamba "$disk" 2>"$long_logs/mount.err"; then
    sed 's/^/    /' "$long_logs/mount.err"
    ok 'skipped: a small disk can only be mounted by root'
    exit 0
fi
chown "${SERVER_USER:-postgres}" "$disk"
run_check "$long_root" CHECK=tap TAP=long/disk SMALL_DISK="$disk" CHECK_LOGS=check-long/disk/check
