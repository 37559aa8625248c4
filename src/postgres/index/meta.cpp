// The meta page of the index, and what a session keeps of it.
#include "postgres/index/index.hpp"

namespace holomamba::postgres {

namespace {

constexpr Size kFloatsOfPage = kContentBytes / sizeof(float);

bool has_transform(const IndexMeta& meta) {
    return meta.transform_block != meta.first_block;
}

// Whether meta data are ones that we write, for a file of so many blocks.
bool are_sound(const IndexMeta& meta, const IndexLayout& layout, BlockNumber blocks) {
    const Size transform_pages =
        has_transform(meta) ? (layout.codec->floats(meta.form) + kFloatsOfPage - 1) / kFloatsOfPage : 0;
    const uint64 end = meta.first_block + static_cast<uint64>(meta.extents) * static_cast<uint32>(layout.shape.pages());
    return (has_transform(meta) || meta.form.reflections == 0) && meta.transform_block > kMetaBlock &&
           meta.transform_block + transform_pages == meta.first_block && end <= blocks &&
           meta.insert_extent < Max(meta.extents, 1);
}

void read_transform(Relation index, const IndexMeta& meta, const ItemCodec& codec, float* floats, Size count) {
    for (Size done = 0; done < count; done += kFloatsOfPage) {
        Buffer buffer = read_page(index, meta.transform_block + static_cast<BlockNumber>(done / kFloatsOfPage),
                                  PageKind::transform, meta.generation, BUFFER_LOCK_SHARE);
        memcpy(floats + done, page_content(BufferGetPage(buffer)), Min(count - done, kFloatsOfPage) * sizeof(float));
        UnlockReleaseBuffer(buffer);
    }
    const Size impossible = codec.first_impossible(meta.form, floats);
    if (impossible < count)
        raise_damaged(index, meta.transform_block + static_cast<BlockNumber>(impossible / kFloatsOfPage));
}

}  // namespace

IndexMeta empty_meta(int code, int dims) {
    IndexMeta meta{};
    meta.magic = kIndexMagic;
    meta.version = kIndexVersion;
    meta.code = static_cast<uint16>(code);
    meta.form = item_codec(code)->plain(dims);
    meta.generation = 1;
    meta.transform_block = meta.first_block = kMetaBlock + 1;
    return meta;
}

void init_meta_page(Page page, const IndexMeta& meta) {
    init_page(page, PageKind::meta, 0);
    memcpy(page_content(page), &meta, sizeof meta);
}

IndexMeta meta_of(Relation index, Buffer buffer) {
    IndexMeta meta;
    memcpy(&meta, page_content(BufferGetPage(buffer)), sizeof meta);
    if (unlikely(meta.magic != kIndexMagic || meta.version != kIndexVersion || item_codec(meta.code) == nullptr ||
                 !item_codec(meta.code)->is_possible(meta.form) ||
                 !are_sound(meta, index_layout(index, meta), RelationGetNumberOfBlocks(index))))
        raise_damaged(index, kMetaBlock);
    return meta;
}

IndexMeta read_meta(Relation index) {
    Buffer buffer = read_page(index, kMetaBlock, PageKind::meta, 0, BUFFER_LOCK_SHARE);
    const IndexMeta meta = meta_of(index, buffer);
    UnlockReleaseBuffer(buffer);
    return meta;
}

void write_meta(Relation index, Buffer buffer, const IndexMeta& meta) {
    GenericXLogState* log = GenericXLogStart(index);
    memcpy(page_content(GenericXLogRegisterBuffer(log, buffer, 0)), &meta, sizeof meta);
    GenericXLogFinish(log);
}

IndexLayout index_layout(Relation index, const IndexMeta& meta) {
    const ItemCodec* codec = item_codec(meta.code);
    return {codec, meta.form.dims, meta.generation, meta.first_block,
            codec->shape(meta.form, has_keys(index), kContentBytes)};
}

const IndexCache* index_cache(Relation index, const IndexMeta& meta) {
    const IndexLayout layout = index_layout(index, meta);
    const auto pages = static_cast<uint32>(layout.shape.pages());
    const auto* kept = static_cast<const IndexCache*>(index->rd_amcache);
    if (likely(kept != nullptr && kept->dims == meta.form.dims && kept->generation == meta.generation &&
               meta.extents <= 2 * (kept->blocks / pages) + 1))
        return kept;
    const Size count = layout.codec->floats(meta.form);
    auto* floats = static_cast<float*>(palloc(sizeof(float) * (count + 1)));
    if (has_transform(meta))
        read_transform(index, meta, *layout.codec, floats, count);
    else
        layout.codec->plain_floats(meta.form, floats);

    const uint32 blocks = meta.extents * pages;
    auto* cache = static_cast<IndexCache*>(MemoryContextAllocHuge(
        index->rd_indexcxt, sizeof(IndexCache) + blocks * sizeof(Buffer) + count * sizeof(float)));
    cache->dims = meta.form.dims;
    cache->generation = meta.generation;
    cache->blocks = blocks;
    cache->buffers = reinterpret_cast<Buffer*>(cache + 1);
    std::fill(cache->buffers, cache->buffers + blocks, InvalidBuffer);
    auto* kept_floats = reinterpret_cast<float*>(cache->buffers + blocks);
    memcpy(kept_floats, floats, sizeof(float) * count);
    pfree(floats);
    cache->basis = {meta.form, kept_floats};
    if (index->rd_amcache != nullptr) pfree(index->rd_amcache);
    index->rd_amcache = cache;
    return cache;
}

}  // namespace holomamba::postgres
