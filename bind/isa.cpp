// Finds out what the processor can do. Built without any special flags: it runs before anything is known.
#include "isa.hpp"

#include <cstring>

#include "variants.hpp"

namespace rectifier {

#define RECTIFIER_DECLARE(variant) \
    Table table_##variant();       \
    TensorTable tensors_##variant();
RECTIFIER_VARIANTS(RECTIFIER_DECLARE)

namespace {

// Each names exactly what CMakeLists.txt lets the compiler use for it.
#if defined(__x86_64__) && defined(__GNUC__)
bool supports(const char* name) {
    __builtin_cpu_init();
    const bool avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    if (std::strcmp(name, "avx2") == 0) return avx2;
    if (std::strcmp(name, "avx512") == 0)
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return true;
}
#else
bool supports(const char*) { return true; }
#endif

std::string names(bool only_supported) {
    std::string text;
    for (const Variant& variant : built_variants())
        if (variant.supported || !only_supported)
            text += (text.empty() ? "" : ", ") + std::string(variant.name);
    return text;
}

}  // namespace

std::vector<Variant> built_variants() {
#define RECTIFIER_LIST(variant) {#variant, table_##variant, tensors_##variant, supports(#variant)},
    return {RECTIFIER_VARIANTS(RECTIFIER_LIST)};
}

Variant choose_variant(const char* forced, std::string& problem) {
    Variant best{};
    for (const Variant& variant : built_variants()) {
        if (forced == nullptr) {
            if (variant.supported) best = variant;
        } else if (std::strcmp(forced, variant.name) == 0) {
            if (variant.supported) return variant;
            problem = "RECTIFIER_ISA=" + std::string(forced) +
                      " is not supported by this processor. It supports: " + names(true) +
                      ". Set one of them, or unset RECTIFIER_ISA to get the best.";
            return {};
        }
    }
    if (forced != nullptr)
        problem = "RECTIFIER_ISA=" + std::string(forced) +
                  " is not an instruction set Rectifier was built for. " + "Built: " + names(false) +
                  ". Set one of them, or unset RECTIFIER_ISA to get the best.";
    return best;
}

}  // namespace rectifier
