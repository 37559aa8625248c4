# shellcheck shell=bash
# Sets PG_MAJOR where it is not set: the PostgreSQL that this Debian has.
if [[ -z ${PG_MAJOR:-} ]]; then
    # shellcheck source=/dev/null
    case $({ . /etc/os-release && echo "${VERSION_CODENAME:-}"; } 2>/dev/null) in
        trixie) PG_MAJOR=17 ;;
        forky | sid) PG_MAJOR=18 ;;
        *) PG_MAJOR=15 ;;
    esac
fi
