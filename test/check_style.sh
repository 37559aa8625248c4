#!/usr/bin/env bash
# Rules about the tree that neither compiler nor test looks after: a line 'ok' or 'not ok' for each, and what offends
# against it below. Where PGDATABASE names a database with the extension in it, its SQL objects are looked at too.
set -euo pipefail

cd "$(dirname "$0")/.."

# What offends is read from standard input.
rule() {
    local offenders
    mapfile -t offenders
    if ((${#offenders[@]} == 0)); then
        echo "ok - $1"
    else
        printf '%s\n' "not ok - $1" "${offenders[@]/#/    }"
    fi
}

other_versions() {
    local control meta change
    control=$(sed -n "s/^default_version = '\(.*\)'/\1/p" holomamba.control)
    meta=$(sed -nE '/"meta-spec"/,$d; s/^ *"version": "([^"]*)",?$/\1/p' META.json | sort -u)
    change=$(sed -nE 's/^## ([^ ]+).*/\1/p' CHANGELOG.md | head -n 1)
    [[ $meta == "$control" ]] || printf 'META.json: %s, holomamba.control: %s\n' "$meta" "$control"
    [[ $change == "$control" ]] || printf 'CHANGELOG.md: %s, holomamba.control: %s\n' "$change" "$control"
}

server_headers() {
    local headers file name
    headers=$("${PG_CONFIG:-pg_config}" --includedir-server)
    grep -rHoE '^ *# *include *[<"][^>"]+' src | sed -E 's/:.*[<"]/ /' | while read -r file name; do
        [[ $file == src/postgres/* || ! -e $headers/$name ]] || echo "$file includes $name"
    done
}

long_files() {
    find src -name '*.[ch]pp' -exec wc -l {} + | awk '$1 > 700 && $2 != "total" { print $2 ": " $1 " lines" }'
}

blanks() {
    grep -rInP '\t| $' src sql || true
}

# Two classes of one name are one to the linker, which takes the functions of either. Those of a nameless namespace are apart.
same_classes() {
    # shellcheck disable=SC2016 # the variables are perl's
    find src -name '*.[ch]pp' -print0 | sort -z | xargs -0 perl -ne '
        @inside = () if $. == 1;
        if (/^(?:inline )?namespace ?([\w:]*) ?\{/) { push @inside, $1 }
        elsif (/^\}  \/\/ namespace/) { pop @inside }
        elsif (/^(?:template <.*> )?(?:struct|class|union|enum(?: class)?) (?:alignas\(\w+\) )?(\w+)(?: final)?(?: : .*)? \{/ && !grep { $_ eq "" } @inside) {
            my $name = join "::", @inside, $1;
            print "$name: $ARGV and $seen{$name}\n" if $seen{$name};
            $seen{$name} = $ARGV;
        }
        close ARGV if eof'
}

scripts() {
    find .ci test examples bench -type f \( -name '*.sh' -o -path .ci/run \) -exec shellcheck -x -f gcc {} + || true
}

# What docs/hrr.md shows and what the regression test does and finds must be the same.
tutorial() {
    local page=docs/hrr.md kind file
    for kind in sql out; do
        file=test/sql/hrr_tutorial.sql
        [[ $kind == sql ]] || file=test/expected/hrr_tutorial.out
        perl test/doc_test.pl "$page" "$kind" | cmp -s - "$file" || echo "$file: make it anew with test/doc_test.pl $page $kind >$file"
    done
}

# Runs a query for what offends; in it, `member` holds the extension's objects.
query() {
    psql -X -q -A -t -v ON_ERROR_STOP=1 2>&1 <<SQL || true
WITH member AS (
    SELECT classid, objid, pg_catalog.pg_describe_object(classid, objid, 0) AS name
    FROM pg_catalog.pg_depend
    WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
      AND refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'holomamba')
)
$1
ORDER BY 1
SQL
}

not_there() {
    query "SELECT 'the extension is not in the database' WHERE NOT EXISTS (SELECT FROM member)"
}

# Schemas, functions (aggregates and procedures among them), types, operators, tables and views.
no_comment() {
    query "SELECT name FROM member
           WHERE classid IN ('pg_namespace'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass,
                             'pg_operator'::regclass, 'pg_class'::regclass)
             AND pg_catalog.obj_description(objid, classid::regclass::name) IS NULL
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = objid AND relkind NOT IN ('r', 'p', 'v', 'm'))"
}

# A body in standard SQL is parsed once, when it is created: no later search_path can bend it.
loose_path() {
    query "SELECT name FROM member JOIN pg_catalog.pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
           WHERE prolang IN (SELECT oid FROM pg_catalog.pg_language WHERE lanname IN ('sql', 'plpgsql'))
             AND prosqlbody IS NULL
             AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search\_path=%')"
}

other_versions | rule 'holomamba.control, META.json and CHANGELOG.md give one version'
server_headers | rule 'src includes server headers in src/postgres only'
long_files | rule 'no source file is longer than 700 lines'
same_classes | rule 'no two classes have one name in one namespace'
blanks | rule 'src and sql have no tabs and no blanks at line ends'
scripts | rule 'shellcheck finds nothing in the scripts'
tutorial | rule 'docs/hrr.md and its regression test are the same'
if [[ -n ${PGDATABASE:-} ]]; then
    not_there | rule 'the extension can be created'
    no_comment | rule 'every SQL object has a comment'
    loose_path | rule 'every SQL and PL/pgSQL function pins its search_path'
fi
