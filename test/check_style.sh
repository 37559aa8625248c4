#!/usr/bin/env bash
# Rules about the tree that neither compiler nor test looks after: a line 'ok' or 'not ok' for each, and what offends
# against it below. Where PGDATABASE names a database with the extension in it, its SQL objects are looked at too.
#
#   test/check_style.sh                  checks
#   test/check_style.sh public_rights    prints what every role may do, for test/public_rights.txt (needs PGDATABASE)
#   test/check_style.sh edited_releases  prints what is wrong with extension/
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

# In a folder of its own, where nothing is built.
make_goes_on() {
    local folder
    folder=$(mktemp -d)
    cp Makefile holomamba.control "$folder"
    says() {
        local what=$1
        shift
        { make -n -C "$folder" PG_CONFIG="${PG_CONFIG:-pg_config}" "$@" 2>&1 || true; } | grep -F -e "$what" >/dev/null || echo "make $* does not say: $what"
    }
    says 'There is no sql' all
    says 'can be yes or no' FFTW=perhaps all
    mkdir "$folder/build" "$folder/other"
    touch "$folder/build/libholomamba.a"
    says 'has been built in' -C other -f ../Makefile all
    mkdir -p "$folder/src/kernels"
    touch "$folder/src/kernels/variant.cpp"
    says '-DTHEIRS -DOTHERS' CXXFLAGS=-DTHEIRS CPPFLAGS=-DOTHERS build/unit_tests
    rm -rf "$folder"
}

# What is released is what it was, and the version that holomamba.control names, once it is released, is what sql/ says.
edited_releases() {
    local script version
    version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" holomamba.control)
    for script in extension/holomamba--*.sql; do
        [[ -e $script ]] || continue
        if [[ $script == extension/*--*--"$version".sql && ! -e extension/holomamba--$version.sql ]]; then
            # It grows until the release.
            continue
        fi
        grep -qF "  ${script#extension/}" extension/SHA256SUMS 2>/dev/null || echo "$script is not in extension/SHA256SUMS: make release"
    done
    [[ ! -e extension/SHA256SUMS ]] || { (cd extension && sha256sum --quiet -c SHA256SUMS 2>&1) || true; } | sed 's/^/extension: /'
    script=extension/holomamba--$version.sql
    [[ ! -e $script ]] || { sed 1d "$script" | cmp -s - <(cat sql/[0-9]*.sql); } ||
        echo "$version is released, and sql/ is another: name the next version in holomamba.control, META.json and CHANGELOG.md"
}

# Releases of a tree of its own: what is refused, what comes of them, and that a rule finds what is edited later.
release_goes_on() {
    local folder sums
    folder=$(mktemp -d)
    mkdir -p "$folder"/{extension,sql,test}
    cp extension/release.sh "$folder/extension"
    cp test/check_style.sh "$folder/test"
    echo 'SELECT 1;' >"$folder/sql/10_one.sql"
    release() {
        local version=$1 heading=$2 says=$3
        echo "default_version = '$version'" >"$folder/holomamba.control"
        echo "## $version $heading" >"$folder/CHANGELOG.md"
        { echo guard && cat "$folder"/sql/*.sql; } >"$folder/script"
        { "$folder/extension/release.sh" "$folder" "$folder/script" 2>&1 || true; } | grep -F -e "$says" >/dev/null || echo "make release of $version $heading does not say: $says"
    }
    edited() {
        { (cd "$folder" && bash test/check_style.sh edited_releases) 2>&1 || true; } | grep -F -e "$1" >/dev/null || echo "the rule for releases does not say: $1"
    }
    release 1.0 '(unreleased)' 'and should with "## 1.0'
    release 1.0 '(2026-01-01)' 'never to be edited again: extension/holomamba--1.0.sql'
    release 1.0 '(2026-01-01)' 'extension/holomamba--1.0.sql is there'
    sums=$({ (cd "$folder" && bash test/check_style.sh edited_releases) 2>&1 || true; })
    [[ ! $sums ]] || echo "the rule for releases finds in one that is as it was: $sums"
    echo 'SELECT 2;' >"$folder/sql/20_two.sql"
    edited '1.0 is released, and sql/ is another'
    release 1.1 '(2026-02-01)' 'extension/holomamba--1.0--1.1.sql, which makes 1.1 of 1.0, is missing'
    echo 'SELECT 2;' >"$folder/extension/holomamba--1.0--1.1.sql"
    release 1.1 '(2026-02-01)' 'extension/holomamba--1.1.sql extension/holomamba--1.0--1.1.sql'
    echo 'SELECT 3;' >>"$folder/extension/holomamba--1.0.sql"
    edited 'holomamba--1.0.sql: FAILED'
    echo 'SELECT 3;' >"$folder/extension/holomamba--0.9.sql"
    edited 'extension/holomamba--0.9.sql is not in extension/SHA256SUMS'
    rm -rf "$folder"
}

invalid_meta() {
    perl test/check_meta.pl || true
}

blind_meta() {
    diff <(perl test/check_meta.pl test/lint/meta || true) test/lint/meta/found || true
}

server_headers() {
    local headers file name
    headers=$("${PG_CONFIG:-pg_config}" --includedir-server)
    grep -rHoE '^ *# *include *[<"][^>"]+' src | sed -E 's/:.*[<"]/ /' | while read -r file name; do
        [[ $file == src/postgres/* || ! -e $headers/$name ]] || echo "$file includes $name"
    done
}

# What differs between versions of the server has one place.
versions_elsewhere() {
    grep -rn 'PG_VERSION_NUM' src bench test --include='*.[ch]pp' --include='*.h' | grep -v '^src/postgres/server/compat\.h:' || true
}

# A folder of src, and the folders that it may include: some of those above it, so that no two include each other.
rooms='
base
kernels
hrr        base kernels
ranking    base kernels hrr
model      base kernels hrr
training   base kernels hrr ranking model
postgres/server    base kernels hrr ranking model training
postgres/types     base kernels hrr postgres/server
postgres/index     base kernels hrr ranking postgres/server postgres/types
postgres/store     base kernels hrr ranking model training postgres/server postgres/types
postgres/state     base kernels hrr ranking model training postgres/server postgres/types postgres/store
postgres/live      base kernels hrr ranking model training postgres/server postgres/types postgres/store postgres/state
postgres/serving   base kernels hrr ranking model postgres/server postgres/types postgres/store
postgres/training  base kernels hrr ranking model training postgres/server postgres/types postgres/store
postgres   base postgres/server'

upward_includes() {
    local room known file to
    local -A may above
    while read -r room known; do
        [[ $room ]] || continue
        for to in $known; do [[ ${above[$to]:-} ]] || echo "$room stands above $to in the list of rooms"; done
        may[$room]=" $room $known "
        above[$room]=yes
    done <<<"$rooms"
    grep -rHoE '^ *# *include *"[a-z_/]+/' src --include='*.[ch]pp' | sed -E 's/:.*"(.*)\//\t\1/' | while IFS=$'\t' read -r file to; do
        room=${file#src/}
        room=${room%/*}
        [[ ! ${above[$to]:-} || ${may[$room]:-} == *" $to "* ]] || echo "$file includes $to/"
    done
    find src -mindepth 1 -type d -printf '%P\n' | while read -r room; do
        [[ ${above[$room]:-} ]] || echo "src/$room is not in the list of rooms"
    done
}

# The algebra of spectra has the names of that of vectors, and so a namespace of its own.
other_namespaces() {
    local file name room
    grep -rHoE '^namespace holomamba[a-z:]*' src --include='*.[ch]pp' | sed 's/:namespace /\t/' | while IFS=$'\t' read -r file name; do
        room=${file#src/}
        room=${room%/*}
        [[ $room == postgres* || $name == "holomamba::$room" || $room/$name == hrr/holomamba::fhrr ]] || echo "$file: $name"
    done
}

long_files() {
    find src -name '*.[ch]pp' -exec wc -l {} + | awk '$1 > 700 && $2 != "total" { print $2 ": " $1 " lines" }'
}

blanks() {
    grep -rInP '\t| $' src sql || true
}

# Functions of the server that raise where a table is gone, or a part of it: server/relatives.hpp does not.
needs_tables() {
    grep -rInwE 'has_subclass|find_all_inheritors|find_inheritance_children|has_superclass|get_partition_ancestors' src/postgres || true
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
    find .ci test examples bench debian/tests -type f \( -name '*.sh' -o -path .ci/run -o -path 'debian/tests/[a-z]*' ! -name '*.*' ! -name control \) \
        -exec shellcheck -x -f gcc {} + || true
}

# Where clang-format is of the version that `make format` uses: others break lines elsewhere.
unformatted() {
    [[ $(clang-format --version 2>/dev/null) == *' version 14.'* ]] || return 0
    find src test/unit test/fuzz bench -name '*.[ch]pp' -exec clang-format -n {} + 2>&1 | sed -nE 's/^([^:]+:[0-9]+):.*code should be clang-formatted.*/\1: make format/p'
}

# What a page shows and what its regression test does and finds must be the same.
tutorial() {
    local name page kind file
    for name in hrr_tutorial recipes; do
        page=docs/${name%_tutorial}.md
        for kind in sql out; do
            file=test/sql/$name.sql
            [[ $kind == sql ]] || file=test/expected/$name.out
            perl test/doc_test.pl "$page" "$kind" | cmp -s - "$file" || echo "$file: make it anew with test/doc_test.pl $page $kind >$file"
        done
    done
}

# What the install scripts must not say. What is in extension/ is released, and can only be mended by later scripts.
scripts_rule() {
    perl test/check_sql.pl "$@" sql/*.sql || echo 'test/check_sql.pl broke off'
}

# The rules above can fail.
blind_rules() {
    local kind
    for kind in definer loose replace unqualified backslash volatility words; do
        echo "== $kind"
        perl test/check_sql.pl "$kind" test/lint/offends.sql test/lint/offends.cpp || true
    done 2>&1 | diff - test/lint/offends.out
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
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = objid AND relkind NOT IN ('r', 'p', 'v', 'm'))
             -- 18 counts those of rows and arrays among the members
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_type WHERE oid = objid AND (typtype = 'c' OR typelem <> 0))"
}

# A body in standard SQL is parsed once, when it is created: no later search_path can bend it.
loose_path() {
    query "SELECT name FROM member JOIN pg_catalog.pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
           WHERE prolang IN (SELECT oid FROM pg_catalog.pg_language WHERE lanname IN ('sql', 'plpgsql'))
             AND prosqlbody IS NULL
             AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search\_path=%')"
}

# Names that a pinned path looks up, against those that there are in pg_catalog. A temporary table or type could have any other.
not_the_servers() {
    local names
    names=$(perl test/check_sql.pl words sql/*.sql | sed -E 's/^(\S+): (\w+) (.*)$/\1,\2,\3/')
    query "SELECT format('%s %s %s is not in pg_catalog', n.at, n.kind, n.name)
           FROM (SELECT split_part(line, ',', 1) AS at, split_part(line, ',', 2) AS kind, split_part(line, ',', 3) AS name
                 FROM regexp_split_to_table('$names', E'\n') line) n
           WHERE CASE n.kind
                 WHEN 'function' THEN NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = lower(n.name))
                                      AND NOT EXISTS (SELECT FROM pg_get_keywords() k WHERE k.word = lower(n.name))
                 WHEN 'relation' THEN NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relname = lower(n.name))
                 ELSE NOT EXISTS (SELECT FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typname = lower(n.name))
                      AND NOT EXISTS (SELECT FROM pg_get_keywords() k WHERE k.word = lower(n.name)) END"
}

# What every role may do with the extension's objects: one right a line. A schema that the extension was given is not its own.
public_rights() {
    query "SELECT concat_ws(' ', r.privilege_type, 'ON', r.type, replace(r.identity, 'pg_catalog.', ''), CASE WHEN r.is_grantable THEN 'WITH GRANT OPTION' END)
           FROM (SELECT a.*, i.type, i.identity
                 FROM member m,
                      LATERAL (SELECT coalesce(p.proacl, acldefault('f', p.proowner)), 0 FROM pg_proc p WHERE m.classid = 'pg_proc'::regclass AND p.oid = m.objid
                               UNION ALL
                               SELECT coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner)), 0 FROM pg_class c
                               WHERE m.classid = 'pg_class'::regclass AND c.oid = m.objid
                               UNION ALL
                               SELECT t.attacl, t.attnum FROM pg_attribute t WHERE m.classid = 'pg_class'::regclass AND t.attrelid = m.objid AND NOT t.attisdropped
                               UNION ALL
                               -- not those of rows and arrays
                               SELECT coalesce(t.typacl, acldefault('T', t.typowner)), 0 FROM pg_type t
                               WHERE m.classid = 'pg_type'::regclass AND t.oid = m.objid AND t.typtype <> 'c' AND t.typelem = 0
                               UNION ALL
                               SELECT coalesce(n.nspacl, acldefault('n', n.nspowner)), 0 FROM pg_namespace n
                               WHERE m.classid = 'pg_namespace'::regclass AND n.oid = m.objid) l (acl, part),
                      LATERAL aclexplode(l.acl) a, LATERAL pg_identify_object(m.classid, m.objid, l.part) i
                 WHERE a.grantee = 0) r"
}

other_rights() {
    { diff <(public_rights | LC_ALL=C sort) <(grep -v '^#' test/public_rights.txt | LC_ALL=C sort) || true; } |
        sed -n 's/^< \(.*\)/PUBLIC has, and test\/public_rights.txt does not have: \1/p; s/^> \(.*\)/test\/public_rights.txt has, and PUBLIC does not have: \1/p'
}

# What only the server calls must refuse whoever calls it by name, and a function of no arguments is called so with ease.
callable() {
    query "SELECT p.oid::regprocedure::text
           FROM member JOIN pg_catalog.pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
           WHERE p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AND p.pronargs = 0" |
        while read -r function; do
            psql -X -q -A -t -c "SELECT ${function%()}()" >/dev/null 2>&1 && echo "$function can be called by name"
        done || true
}

wrong_promises() {
    query "SELECT name || ' is leakproof' FROM member JOIN pg_catalog.pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid WHERE proleakproof
           UNION ALL
           SELECT name || ' is volatile and parallel safe' FROM member JOIN pg_catalog.pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
           WHERE provolatile = 'v' AND proparallel = 's' AND prorettype <> 'trigger'::regtype
           UNION ALL
           SELECT name || ' runs with the rights of its owner under a path of its caller' FROM member JOIN pg_catalog.pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
           WHERE prosecdef AND NOT coalesce(proconfig, '{}') @> ARRAY['search_path=pg_catalog, pg_temp']"
}

if [[ ${1:-} == public_rights || ${1:-} == edited_releases ]]; then
    "$1"
    exit
fi

other_versions | rule 'holomamba.control, META.json and CHANGELOG.md give one version'
make_goes_on | rule 'make refuses what it cannot do, and hands on the flags that it is given'
edited_releases | rule 'released scripts are as they were released'
release_goes_on | rule 'make release refuses what is not ready, and what is edited afterwards is found'
invalid_meta | rule 'META.json is valid for PGXN'
blind_meta | rule 'test/check_meta.pl finds in test/lint/meta what test/lint/meta/found says'
server_headers | rule 'src includes server headers in src/postgres only'
versions_elsewhere | rule 'what differs between versions of PostgreSQL stands in compat.h only'
upward_includes | rule 'folders of src include the folders below them only'
other_namespaces | rule 'every folder of the core has one namespace, of its name'
long_files | rule 'no source file is longer than 700 lines'
same_classes | rule 'no two classes have one name in one namespace'
needs_tables | rule 'src/postgres asks for parts and wholes of tables by server/relatives.hpp'
blanks | rule 'src and sql have no tabs and no blanks at line ends'
unformatted | rule 'src and the tests in C++ are as clang-format makes them'
scripts | rule 'shellcheck finds nothing in the scripts'
tutorial | rule 'docs/hrr.md and docs/recipes.md are the same as their regression tests'
blind_rules | rule 'test/check_sql.pl finds in test/lint/offends.sql what test/lint/offends.out says'
scripts_rule definer | rule 'no function of sql/ is SECURITY DEFINER under a path of its caller'
scripts_rule loose | rule 'every function of sql/ pins its search_path, or has a body in standard SQL'
scripts_rule replace | rule 'sql/ replaces nothing and takes over nothing that is there'
scripts_rule unqualified src/postgres/*/*.cpp | rule 'sql/ and the SQL in src/postgres name nothing of ours without its schema'
scripts_rule backslash src/postgres/*/*.cpp | rule 'no plain string of sql/ or of the SQL in src/postgres has a backslash'
scripts_rule volatility | rule 'no function of sql/ that writes is said to be stable'
if [[ -n ${PGDATABASE:-} ]]; then
    not_there | rule 'the extension can be created'
    no_comment | rule 'every SQL object has a comment'
    loose_path | rule 'every SQL and PL/pgSQL function pins its search_path'
    not_the_servers | rule 'under a pinned path everything is qualified that is not the server'\''s'
    wrong_promises | rule 'functions promise the planner only what they hold'
    callable | rule 'nobody can call a trigger function by name'
    other_rights | rule 'PUBLIC may do what test/public_rights.txt says, and nothing else'
fi
