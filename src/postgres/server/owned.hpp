// C++ objects that live and die with a memory context, so that an error of the server cannot leak them.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// Makes a T that is deleted when the context is reset or deleted, errors included.
template <typename T>
T* make_owned(MemoryContext context) {
    struct Owner {
        MemoryContextCallback callback;
        T* object;
    };
    auto* owner = static_cast<Owner*>(MemoryContextAllocZero(context, sizeof(Owner)));
    owner->callback.func = [](void* argument) {
        auto* self = static_cast<Owner*>(argument);
        delete self->object;
        self->object = nullptr;
    };
    owner->callback.arg = owner;
    MemoryContextRegisterResetCallback(context, &owner->callback);
    core_call([&] { owner->object = new T(); });
    return owner->object;
}

}  // namespace holomamba::postgres
