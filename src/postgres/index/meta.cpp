// The meta page of the index, and what a session keeps of it.
#include <cmath>

#include "postgres/index/index.hpp"

namespace holomamba::postgres {

namespace {

constexpr Size kFloatsOfPage = kContentBytes / sizeof(float);

bool has_transform(const IndexMeta& meta) {
    return meta.transform_block != meta.first_block;
}

Size floats_of_transform(const IndexMeta& meta) {
    return static_cast<Size>(meta.dims) * (1u + meta.reflections);
}

// Whether meta data are ones that we write, for a file of so many blocks.
bool are_sound(const IndexMeta& meta, const IndexLayout& layout, BlockNumber blocks) {
    const Size transform_pages =
        has_transform(meta) ? (floats_of_transform(meta) + kFloatsOfPage - 1) / kFloatsOfPage : 0;
    const uint64 end = meta.first_block + static_cast<uint64>(meta.extents) * static_cast<uint32>(layout.shape.pages());
    return meta.reflections <= (has_transform(meta) ? meta.prefix : 0) && meta.transform_block > kMetaBlock &&
           meta.transform_block + transform_pages == meta.first_block && end <= blocks &&
           meta.insert_extent < Max(meta.extents, 1);
}

// Spread and normals.
void read_transform(Relation index, const IndexMeta& meta, float* floats, Size count) {
    for (Size done = 0; done < count; done += kFloatsOfPage) {
        Buffer buffer = read_page(index, meta.transform_block + static_cast<BlockNumber>(done / kFloatsOfPage),
                                  PageKind::transform, meta.generation, BUFFER_LOCK_SHARE);
        memcpy(floats + done, page_content(BufferGetPage(buffer)), Min(count - done, kFloatsOfPage) * sizeof(float));
        UnlockReleaseBuffer(buffer);
    }
    for (Size i = 0; i < count; i++)
        if (!std::isfinite(floats[i]) || (i < meta.dims && floats[i] <= 0))
            raise_damaged(index, meta.transform_block + static_cast<BlockNumber>(i / kFloatsOfPage));
}

}  // namespace

IndexMeta empty_meta(int dims) {
    IndexMeta meta{};
    meta.magic = kIndexMagic;
    meta.version = kIndexVersion;
    meta.dims = static_cast<uint16>(dims);
    meta.prefix = static_cast<uint16>(plain_prefix(dims));
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
    if (unlikely(meta.magic != kIndexMagic || meta.version != kIndexVersion || meta.dims > kMaxQuantisedDims ||
                 meta.prefix < 4 || meta.prefix > kernels::kMaxPrefix || meta.prefix % 4 != 0 ||
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
    return {meta.dims, meta.generation, meta.first_block,
            extent_shape(meta.dims, meta.prefix, has_keys(index), kContentBytes)};
}

const IndexCache* index_cache(Relation index, const IndexMeta& meta) {
    const auto pages = static_cast<uint32>(index_layout(index, meta).shape.pages());
    const auto* kept = static_cast<const IndexCache*>(index->rd_amcache);
    if (likely(kept != nullptr && kept->dims == meta.dims && kept->generation == meta.generation &&
               meta.extents <= 2 * (kept->blocks / pages) + 1))
        return kept;
    const Size count = floats_of_transform(meta);
    auto* floats = static_cast<float*>(palloc(sizeof(float) * (count + 1)));
    if (has_transform(meta))
        read_transform(index, meta, floats, count);
    else
        std::fill(floats, floats + count, 1.0f);

    const uint32 blocks = meta.extents * pages;
    auto* cache = static_cast<IndexCache*>(MemoryContextAllocHuge(
        index->rd_indexcxt, sizeof(IndexCache) + blocks * sizeof(Buffer) + count * sizeof(float)));
    cache->dims = meta.dims;
    cache->generation = meta.generation;
    cache->blocks = blocks;
    cache->buffers = reinterpret_cast<Buffer*>(cache + 1);
    std::fill(cache->buffers, cache->buffers + blocks, InvalidBuffer);
    auto* spread = reinterpret_cast<float*>(cache->buffers + blocks);
    memcpy(spread, floats, sizeof(float) * count);
    pfree(floats);
    cache->transform = {meta.dims, meta.prefix, meta.reflections, spread + meta.dims, spread};
    if (index->rd_amcache != nullptr) pfree(index->rd_amcache);
    index->rd_amcache = cache;
    return cache;
}

}  // namespace holomamba::postgres
