#include "postgres/server/sql_template.hpp"

#include <cctype>

#include "postgres/server/arrays.hpp"

extern "C" {
#include "lib/stringinfo.h"
#include "utils/builtins.h"
}

namespace holomamba::postgres {
namespace {

struct Template {
    Slots names, parts;
    int repeats;
};

const Slot* find_slot(const Slots& slots, const char* name, Size length) {
    for (int i = 0; i < slots.count; i++)
        if (std::strlen(slots.slots[i].name) == length && std::strncmp(slots.slots[i].name, name, length) == 0)
            return &slots.slots[i];
    return nullptr;
}

// How long the name is that stands in braces here; 0: it is no name.
Size name_at(const char* open) {
    const char* end = open + 1;
    while (std::isalnum(static_cast<unsigned char>(*end)) || *end == '_') end++;
    return *end == '}' ? static_cast<Size>(end - open - 1) : 0;
}

// How long the element of a list is that begins here; 0: it is no list.
Size element_at(const char* open) {
    if (open[1] != '<') return 0;
    const Size length = std::strcspn(open + 2, "<>");
    return std::strncmp(open + 2 + length, ">>", 2) == 0 ? length : 0;
}

void append_list(StringInfo out, const char* element, Size length, int repeats) {
    for (int number = 1; number <= repeats; number++) {
        CHECK_FOR_INTERRUPTS();
        if (number > 1) appendStringInfoString(out, ", ");
        for (Size i = 0; i < length; i++) {
            if (element[i] == '#')
                appendStringInfo(out, "%d", number);
            else
                appendStringInfoChar(out, element[i]);
        }
    }
}

// False where a text is NULL.
bool fill(StringInfo out, const char* text, const Template& t) {
    check_stack_depth();
    for (;;) {
        const Size plain = std::strcspn(text, "{<");
        appendBinaryStringInfo(out, text, static_cast<int>(plain));
        text += plain;
        if (*text == '\0') return true;
        const Size name = *text == '{' ? name_at(text) : 0, element = *text == '<' ? element_at(text) : 0;
        if (element > 0) {
            append_list(out, text + 2, element, t.repeats);
            text += element + 4;
        } else if (name > 0) {
            const Slot* literal = find_slot(t.names, text + 1, name);
            const Slot* slot = literal ? literal : find_slot(t.parts, text + 1, name);
            if (slot == nullptr)
                ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                                errmsg("no text for \"%s\" in a template", pnstrdup(text + 1, name))));
            if (slot->text == nullptr) return false;
            if (literal)
                appendStringInfoString(out, slot->text);
            else if (!fill(out, slot->text, t))
                return false;
            text += name + 2;
        } else {
            appendStringInfoChar(out, *text++);
        }
    }
}

}  // namespace

char* fill_template(const char* text, Slots names, Slots parts, int repeats) {
    StringInfoData out;
    initStringInfo(&out);
    return fill(&out, text, {names, parts, repeats}) ? out.data : nullptr;
}

}  // namespace holomamba::postgres

using namespace holomamba::postgres;

// fill_template(template, names, repeats): names are pairs of a name and its text.
HOLOMAMBA_FUNCTION(holomamba_fill_template)
Datum holomamba_fill_template(PG_FUNCTION_ARGS) {
    const Elements pairs = elements_of(PG_GETARG_ARRAYTYPE_P(1));
    if (pairs.count % 2 != 0)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("names must be pairs of a name and its text")));
    const int count = pairs.count / 2;
    auto* slots = static_cast<Slot*>(palloc(sizeof(Slot) * (static_cast<Size>(count) + 1)));
    for (int i = 0; i < count; i++) {
        if (pairs.is_null(2 * i))
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a name must not be null")));
        slots[i] = {TextDatumGetCString(pairs.values[2 * i]),
                    pairs.is_null(2 * i + 1) ? nullptr : TextDatumGetCString(pairs.values[2 * i + 1])};
    }
    const char* filled =
        fill_template(text_to_cstring(PG_GETARG_TEXT_PP(0)), {slots, count}, {nullptr, 0}, PG_GETARG_INT32(2));
    if (filled == nullptr) PG_RETURN_NULL();
    PG_RETURN_TEXT_P(cstring_to_text(filled));
}
