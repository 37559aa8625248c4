#include "postgres/live/statements.hpp"

#include "postgres/live/live_catalogue.hpp"
#include "postgres/server/arrays.hpp"
#include "postgres/server/plan_cache.hpp"

extern "C" {
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
}

namespace holomamba::postgres {
namespace {

struct StatementInfo {
    const char* name;
    Takes takes;
    const char* takes_name;
};

#define HOLOMAMBA_INFO(name, takes) {#name, Takes::takes, #takes},
constexpr StatementInfo kInfos[kStatements] = {HOLOMAMBA_STATEMENTS(HOLOMAMBA_INFO)};
#undef HOLOMAMBA_INFO

const StatementInfo& info_of(Statement statement) {
    return kInfos[static_cast<int>(statement)];
}

int statement_named(const char* name) {
    for (int i = 0; i < kStatements; i++)
        if (std::strcmp(name, kInfos[i].name) == 0) return i;
    elog(ERROR, "holomamba_internal.event_statements() has a statement \"%s\", which nothing runs", name);
    pg_unreachable();
}

int count_of(Takes takes, int orders) {
    switch (takes) {
        case Takes::nothing:
            break;
        case Takes::one:
        case Takes::many:
            return orders + static_cast<int>(OfUser::version) + 1;
        case Takes::items:
            return static_cast<int>(OfItems::version) + 1;
    }
    return 0;
}

SPIPlanPtr plan_of(LiveModel* m, Statement statement) {
    const int i = static_cast<int>(statement);
    if (m->plan[i] != nullptr) return m->plan[i];
    if (m->text[i] == nullptr) elog(ERROR, "model \"%s\" has no statement \"%s\"", NameStr(m->name), kInfos[i].name);
    const Takes takes = kInfos[i].takes;
    const auto type_of = [&](const Column& column) { return takes == Takes::one ? column.type : column.array_type; };
    auto* types = static_cast<Oid*>(palloc(sizeof(Oid) * (static_cast<Size>(count_of(takes, m->orders)) + 1)));
    int count = 0;
    if (takes == Takes::items) {
        types[count++] = TEXTARRAYOID;
        types[count++] = INT4OID;
    } else if (takes != Takes::nothing) {
        for (int o = 0; o < m->orders; o++) types[count++] = type_of(m->order[o]);
        types[count++] = type_of(m->user);
        types[count++] = type_of(m->state);
        types[count++] = type_of(m->vector);
        types[count++] = takes == Takes::one ? INT8OID : INT8ARRAYOID;
        types[count++] = INT4OID;
    }
    return m->plan[i] = keep_plan(m->text[i], count, types);
}

// The plan of a statement, if these are arguments that it takes. What statements return is read as the columns that were found
// have it, and the last one may have run code of the owner's, a trigger on his model's tables.
SPIPlanPtr plan_for(LiveModel* m, Statement statement, const Arguments* arguments) {
    if (m->stale) assert_unaltered(m);
    const StatementInfo& info = info_of(statement);
    if (info.takes != (arguments == nullptr ? Takes::nothing : arguments->takes))
        elog(ERROR, "statement \"%s\" takes other arguments", info.name);
    return plan_of(m, statement);
}

void check_result(Statement statement, int result) {
    if (result < 0) elog(ERROR, "statement \"%s\" failed: %s", info_of(statement).name, SPI_result_code_string(result));
}

void set_value(Arguments* arguments, int number, Datum value, bool null) {
    arguments->values[number] = value;
    arguments->nulls[number] = null ? 'n' : ' ';
}

}  // namespace

void load_statements(LiveModel* m) {
    Parameters p;
    add_text(&p, NameStr(m->name));
    execute("SELECT s.name, s.takes, s.statement FROM holomamba_internal.event_statements($1) s", &p);
    bool found[kStatements] = {};
    for (uint64 row = 0; row < SPI_processed; row++) {
        const char *name = text_of(row, 1), *takes = text_of(row, 2), *text = text_of(row, 3);
        const int i = statement_named(name ? name : "");
        if (takes == nullptr || std::strcmp(takes, kInfos[i].takes_name) != 0)
            elog(ERROR, "statement \"%s\" of holomamba_internal.event_statements() takes \"%s\", but is given \"%s\"",
                 name, takes ? takes : "", kInfos[i].takes_name);
        found[i] = true;
        if (text != nullptr) m->text[i] = MemoryContextStrdup(m->context, text);
    }
    for (int i = 0; i < kStatements; i++)
        if (!found[i]) elog(ERROR, "holomamba_internal.event_statements() has no statement \"%s\"", kInfos[i].name);
}

void free_statements(LiveModel* m) {
    for (SPIPlanPtr plan : m->plan)
        if (plan != nullptr) SPI_freeplan(plan);
}

Arguments make_arguments(const LiveModel* model, Takes takes) {
    const auto count = static_cast<Size>(count_of(takes, model->orders));
    Arguments arguments{takes, model->orders, static_cast<Datum*>(palloc0(sizeof(Datum) * count)),
                        static_cast<char*>(palloc(count))};
    std::memset(arguments.nulls, 'n', count);
    return arguments;
}

void set_order(Arguments* arguments, int number, Datum value, bool null) {
    set_value(arguments, number, value, null);
}

void set(Arguments* arguments, OfUser number, Datum value, bool null) {
    set_value(arguments, arguments->orders + static_cast<int>(number), value, null);
}

void set(Arguments* arguments, OfItems number, Datum value, bool null) {
    set_value(arguments, static_cast<int>(number), value, null);
}

Datum array_of(const Column& column, Datum* values, bool* nulls, int count) {
    int dimensions[] = {count}, lower[] = {1};
    return PointerGetDatum(construct_md_array(values, nulls, 1, dimensions, lower, column.type, column.length,
                                              column.by_value, column.alignment));
}

uint64 run(LiveModel* model, Statement statement, const Arguments* arguments, bool read_only) {
    check_result(statement,
                 SPI_execute_plan(plan_for(model, statement, arguments), arguments ? arguments->values : nullptr,
                                  arguments ? arguments->nulls : nullptr, read_only, 0));
    return SPI_processed;
}

Portal open(LiveModel* model, Statement statement, const Arguments* arguments, bool read_only) {
    return SPI_cursor_open(nullptr, plan_for(model, statement, arguments), arguments ? arguments->values : nullptr,
                           arguments ? arguments->nulls : nullptr, read_only);
}

uint64 run_on_latest(LiveModel* model, Statement statement, const Arguments* arguments) {
    SPIPlanPtr plan = plan_for(model, statement, arguments);
    check_result(statement, SPI_execute_snapshot(plan, arguments ? arguments->values : nullptr,
                                                 arguments ? arguments->nulls : nullptr, GetLatestSnapshot(),
                                                 InvalidSnapshot, false, true, 0));
    return SPI_processed;
}

Datum users_of(LiveModel* model, Statement statement) {
    run(model, statement);
    bool null;
    const Datum users = value_of(0, 1, &null);
    return null ? Datum{0} : users;
}

void lock_users(LiveModel* model, Statement place, Statement lock, const Arguments* arguments) {
    // Each round is another transaction's that took a row away just now. So many there are not.
    constexpr int kRounds = 100;
    for (int round = 0; round < kRounds; round++) {
        CHECK_FOR_INTERRUPTS();
        run(model, place, arguments);
        run(model, lock, arguments);
        bool null;
        const int64 missed = DatumGetInt64(value_of(0, 1, &null));
        SPI_freetuptable(SPI_tuptable);
        if (missed == 0) return;
    }
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("rows of users do not stay in table holomamba.%s", get_rel_name(model->users)),
                    errhint("Drop the trigger, rule or policy on it that keeps or takes them away.")));
}

}  // namespace holomamba::postgres
