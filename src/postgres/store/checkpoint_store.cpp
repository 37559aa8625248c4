#include "postgres/store/checkpoint_store.hpp"

#include "postgres/server/compat.h"
#include "postgres/store/catalogue.hpp"
#include "postgres/store/stored.hpp"

namespace holomamba::postgres {
namespace {

// A value has at most 1 GB, and a part is copied on its way.
constexpr Size kPartBytes = Size{16} << 20;
constexpr const char* kTable = "holomamba.checkpoint_catalogue";

Parameters key(const char* model, int32 version, const char* name) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    add_text(&p, name);
    return p;
}

}  // namespace

void store_checkpoint(const char* model, int32 version, const char* name, std::span<const std::byte> bytes) {
    Parameters old = key(model, version, name);
    write_catalogue(
        "DELETE FROM holomamba.checkpoint_catalogue c WHERE c.model = $1::pg_catalog.name AND c.version = $2 AND "
        "c.name = $3",
        &old);
    Size first = 0;
    int32 part = 0;
    do {
        const Size count = std::min(kPartBytes, bytes.size() - first);
        auto* data = static_cast<bytea*>(palloc(VARHDRSZ + count));
        SET_VARSIZE(data, VARHDRSZ + count);
        if (count > 0) std::memcpy(VARDATA(data), bytes.data() + first, count);
        Parameters p = key(model, version, name);
        add_int(&p, part++);
        add(&p, BYTEAOID, PointerGetDatum(data));
        write_catalogue(
            "INSERT INTO holomamba.checkpoint_catalogue (model, version, name, part, data) "
            "VALUES ($1::pg_catalog.name, $2, $3, $4, $5)",
            &p);
        pfree(data);
        first += count;
    } while (first < bytes.size());
}

int64 checkpoint_size(const char* model, int32 version, const char* name) {
    Parameters p = key(model, version, name);
    execute(
        "SELECT pg_catalog.count(*), pg_catalog.sum(pg_catalog.octet_length(c.data))::bigint AS data FROM "
        "holomamba.checkpoints c "
        "WHERE c.model = $1::pg_catalog.name AND c.version = $2 AND c.name = $3",
        &p);
    const Rows rows = last_rows(kTable, model, version);
    return int64_of(rows, 0, 1) == 0 ? -1 : int64_of(rows, 0, 2);
}

void load_checkpoint(const char* model, int32 version, const char* name, std::span<std::byte> bytes) {
    if (checkpoint_size(model, version, name) != static_cast<int64>(bytes.size()))
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                 errmsg("the checkpoint of version %d of model \"%s\" does not fit its training", version, model),
                 errdetail("Array \"%s\" is of another size.", name),
                 errhint("SELECT holomamba.forget_version('%s', %d); and train a new one.", model, version)));
    Size first = 0;
    for (int32 part = 0; first < bytes.size(); part++) {
        Parameters p = key(model, version, name);
        add_int(&p, part);
        execute(
            "SELECT c.data FROM holomamba.checkpoints c "
            "WHERE c.model = $1::pg_catalog.name AND c.version = $2 AND c.name = $3 AND c.part = $4",
            &p);
        const Rows rows = last_rows(kTable, model, version);
        const Bytes data = rows.count == 0 ? Bytes{} : bytes_of(rows, 0, 1);
        if (data.count == 0 || data.count > bytes.size() - first)
            ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                            errmsg("the checkpoint of version %d of model \"%s\" is not whole", version, model)));
        std::memcpy(bytes.data() + first, data.data, data.count);
        first += data.count;
        release(data);
        SPI_freetuptable(SPI_tuptable);
    }
}

void delete_checkpoints(const char* model, int32 version) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    write_catalogue(
        "DELETE FROM holomamba.checkpoint_catalogue c WHERE c.model = $1::pg_catalog.name AND c.version = $2", &p);
}

}  // namespace holomamba::postgres
