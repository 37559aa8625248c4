// As test/lint/offends.sql, for the SQL in C++; nothing compiles it.
void f() {
    execute("SELECT holomamba.names(x), hrr_in('[1]') FROM holomamba.thing");
    execute(
        "SELECT 1 "
        "FROM thing WHERE 'x' <#> y");
    execute(R"(SELECT count(*) FROM holomamba.thing
            ORDER BY a OPERATOR(%s.<#>) b)");
    execute("SELECT 1 FROM pg_class WHERE relname OPERATOR(pg_catalog.~~) 'a\\_%'");
    execute("SELECT 1 AS \"a b\"");
    ereport(ERROR, (errmsg("thing \"%s\" is not there", name), errhint("hrr_in() reads it")));
}
