# A copy of the server's installation with scripts of its own for the extension, and a query that tells all that belongs to the
# extension, a line for each thing: what an installed version and one that was upgraded to must have in common.
package Live::Members;
use strict;
use warnings;

use Exporter 'import';
use File::Copy qw(copy);
use File::Path qw(make_path);

our @EXPORT_OK = qw(install_copy script_folder $members);

sub config { my ($what) = @_; chomp(my $path = `pg_config --$what`); return $path; }

# The folder where a copy below a root has its scripts.
sub script_folder { my ($root) = @_; return $root . config('sharedir') . '/extension'; }

# PostgreSQL finds everything from where its programs lie: these are copied, under the same path below a root, and the rest are links.
# The path for PostgreSQL::Test::Cluster's install_path.
sub install_copy
{
    my ($root) = @_;
    my ($bin, $lib, $share) = map { config($_) } qw(bindir pkglibdir sharedir);
    make_path("$root$bin", "$root$lib", script_folder($root));
    foreach my $program (grep { -f } glob "$bin/*")
    {
        my $copy = $root . $program;
        copy($program, $copy) or die "$copy: $!";
        chmod 0755, $copy;
    }
    symlink $_, "$root$_" foreach glob("$lib/*"), grep({ !m{/extension$} } glob "$share/*"), glob "$share/extension/*";
    return $root . ($bin =~ s{/bin$}{}r);
}

# Names of schemas and objects are always told in full: the caller's path is empty.
our $members = q{
    SELECT set_config('search_path', '', false) \g /dev/null
    WITH member AS (
        SELECT d.classid, d.objid, i.type, i.identity FROM pg_depend d, pg_identify_object(d.classid, d.objid, 0) i
        WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'holomamba')
    ), told (line) AS (
        SELECT concat_ws(' ', m.type, m.identity, 'comment:', obj_description(m.objid, m.classid::regclass::name)) FROM member m
        UNION ALL
        -- An aggregate has no definition to show. Rights of nobody in particular may be told or left out.
        SELECT concat_ws(' ', m.identity, CASE WHEN p.prokind = 'a' THEN to_jsonb(a)::text ELSE pg_get_functiondef(p.oid) END,
                         p.procost, p.prorows, 'rights:', array_to_string(coalesce(p.proacl, acldefault('f', p.proowner)), ' '))
        FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
        LEFT JOIN LATERAL (SELECT g.aggkind, g.aggnumdirectargs, g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn, g.aggmtransfn,
                                  g.aggfinalmodify, g.aggtranstype::regtype, g.aggtransspace, g.agginitval FROM pg_aggregate g WHERE g.aggfnoid = p.oid) a ON true
        UNION ALL
        SELECT concat_ws(' ', m.identity, c.relkind, c.relpersistence, c.reloptions::text, t.reloptions::text, 'rights:',
                         array_to_string(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)), ' '),
                         CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END)
        FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
        UNION ALL
        SELECT concat_ws(' ', m.identity, 'column', row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), a.attname, format_type(a.atttypid, a.atttypmod),
                         a.attcollation::regcollation, a.attnotnull, a.attstorage, a.attacl::text, pg_get_expr(d.adbin, d.adrelid), 'comment:', col_description(a.attrelid, a.attnum))
        FROM member m JOIN pg_attribute a ON m.classid = 'pg_class'::regclass AND a.attrelid = m.objid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        UNION ALL
        SELECT concat_ws(' ', m.identity, 'constraint', k.conname, pg_get_constraintdef(k.oid))
        FROM member m JOIN pg_constraint k ON m.classid = 'pg_class'::regclass AND k.conrelid = m.objid
        UNION ALL
        SELECT concat_ws(' ', m.identity, pg_get_indexdef(x.indexrelid)) FROM member m JOIN pg_index x ON m.classid = 'pg_class'::regclass AND x.indrelid = m.objid
        UNION ALL
        SELECT concat_ws(' ', m.identity, to_jsonb(s)) FROM member m
        JOIN LATERAL (SELECT q.seqtypid::regtype, q.seqstart, q.seqincrement, q.seqmax, q.seqmin, q.seqcache, q.seqcycle FROM pg_sequence q
                      WHERE q.seqrelid = m.objid) s ON m.classid = 'pg_class'::regclass
        UNION ALL
        SELECT concat_ws(' ', m.identity, to_jsonb(t)) FROM member m
        JOIN LATERAL (SELECT y.typlen, y.typbyval, y.typtype, y.typcategory, y.typispreferred, y.typinput, y.typoutput, y.typreceive, y.typsend, y.typmodin, y.typmodout,
                             y.typanalyze, y.typalign, y.typstorage, y.typcollation, y.typacl FROM pg_type y WHERE y.oid = m.objid) t ON m.classid = 'pg_type'::regclass
        UNION ALL
        SELECT concat_ws(' ', m.identity, to_jsonb(o)) FROM member m
        JOIN LATERAL (SELECT p.oprkind, p.oprcanmerge, p.oprcanhash, p.oprcom::regoperator, p.oprnegate::regoperator, p.oprcode, p.oprrest, p.oprjoin
                      FROM pg_operator p WHERE p.oid = m.objid) o ON m.classid = 'pg_operator'::regclass
        UNION ALL
        SELECT concat_ws(' ', m.identity, p.amopstrategy, p.amoppurpose, p.amopopr::regoperator) FROM member m JOIN pg_amop p ON m.classid = 'pg_opfamily'::regclass AND p.amopfamily = m.objid
        UNION ALL
        SELECT concat_ws(' ', m.identity, p.amprocnum, p.amproc) FROM member m JOIN pg_amproc p ON m.classid = 'pg_opfamily'::regclass AND p.amprocfamily = m.objid
        UNION ALL
        SELECT concat_ws(' ', m.identity, c.opcdefault, c.opckeytype::regtype) FROM member m JOIN pg_opclass c ON m.classid = 'pg_opclass'::regclass AND c.oid = m.objid
        UNION ALL
        SELECT concat_ws(' ', m.identity, c.castcontext, c.castmethod, c.castfunc::regprocedure) FROM member m JOIN pg_cast c ON m.classid = 'pg_cast'::regclass AND c.oid = m.objid
        UNION ALL
        SELECT concat_ws(' ', m.identity, e.evtevent, e.evtfoid::regproc, e.evtenabled, e.evttags) FROM member m JOIN pg_event_trigger e ON m.classid = 'pg_event_trigger'::regclass AND e.oid = m.objid
        UNION ALL
        SELECT concat_ws(' ', m.identity, a.amhandler, a.amtype) FROM member m JOIN pg_am a ON m.classid = 'pg_am'::regclass AND a.oid = m.objid
        UNION ALL
        SELECT concat_ws(' ', m.identity, n.nspacl::text) FROM member m JOIN pg_namespace n ON m.classid = 'pg_namespace'::regclass AND n.oid = m.objid
        UNION ALL
        SELECT concat_ws(' ', 'extension', e.extversion, e.extrelocatable, e.extnamespace::regnamespace) FROM pg_extension e WHERE e.extname = 'holomamba'
        UNION ALL
        SELECT concat_ws(' ', 'dumped', c.relation::regclass, c.condition) FROM pg_extension e, unnest(e.extconfig, e.extcondition) c (relation, condition) WHERE e.extname = 'holomamba'
    )
    SELECT replace(line, E'\n', ' ') FROM told ORDER BY line COLLATE "C";
};

1;
