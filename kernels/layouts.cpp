#include "layouts.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "threads.hpp"

namespace rectifier {

namespace {

// A tile of an input that is read against its grain: so many elements of the output's axis, and so many of
// the input's, which fill a cache line or two. Both chosen by us: it is at most 32 KiB of doubles.
constexpr std::intptr_t tile_length = 256;
constexpr std::intptr_t tile_height = 16;

// How far apart the rows of a turned tile are: a cache line more than they are long, as rows a power of two
// apart would drive each other out of the cache.
template <class Element>
constexpr std::intptr_t pitch = tile_length + 64 / std::intptr_t(sizeof(Element));

// Lines ahead that are asked for: each lies in a page of its own, where the processor does not look ahead by
// itself. Chosen by us.
constexpr std::intptr_t ahead = 16;

// Elements along the grain in one call.
constexpr std::intptr_t row_length = 8192;

// Elements per thread at least.
constexpr std::intptr_t grain = 16384;

#ifdef __SSE2__
// A square of elements, `right` bytes apart in `from` and `pitch` elements apart in `to`, turned in
// registers.
inline void turn_square(const char* from, std::intptr_t right, std::uint32_t* to) {
    __m128 column[4];
    for (int c = 0; c < 4; ++c) column[c] = _mm_loadu_ps(reinterpret_cast<const float*>(from + c * right));
    _MM_TRANSPOSE4_PS(column[0], column[1], column[2], column[3]);
    for (int r = 0; r < 4; ++r)
        _mm_storeu_ps(reinterpret_cast<float*>(to + r * pitch<std::uint32_t>), column[r]);
}

inline void turn_square(const char* from, std::intptr_t right, std::uint64_t* to) {
    const __m128d a = _mm_loadu_pd(reinterpret_cast<const double*>(from));
    const __m128d b = _mm_loadu_pd(reinterpret_cast<const double*>(from + right));
    _mm_storeu_pd(reinterpret_cast<double*>(to), _mm_unpacklo_pd(a, b));
    _mm_storeu_pd(reinterpret_cast<double*>(to + pitch<std::uint64_t>), _mm_unpackhi_pd(a, b));
}

template <class Element>
constexpr std::intptr_t square = sizeof(Element) < 4 ? 0 : 16 / std::intptr_t(sizeof(Element));
#else
template <class Element>
constexpr std::intptr_t square = 0;  // one by one
#endif

inline void prefetch(const char* line) {
#if defined(__GNUC__)
    __builtin_prefetch(line);
#else
    (void)line;
#endif
}

struct Walk {
    InnerLoop loop;
    std::vector<std::intptr_t> shape;  // the axis along which the output lies last
    std::vector<Strided> operands;
    int inputs;
    std::size_t size;
    // The axis along which the first input lies, if it is another: then tiles of both are computed.
    int cross = -1;
    std::intptr_t length = row_length, height = 1;

    int last() const { return int(shape.size()) - 1; }
    std::intptr_t tiles(int axis) const {
        const std::intptr_t step = axis == last() ? length : axis == cross ? height : 1;
        return (shape[std::size_t(axis)] + step - 1) / step;
    }
    std::intptr_t count() const {
        std::intptr_t product = 1;
        for (int axis = 0; axis <= last(); ++axis) product *= tiles(axis);
        return product;
    }

    void run(std::intptr_t start, std::intptr_t stop) const {
        std::vector<char> buffer(cross < 0 ? 0 : std::size_t(inputs * height * row_bytes()));
        std::vector<char*> at(operands.size()), row(operands.size());
        std::vector<std::intptr_t> steps(operands.size());
        for (std::intptr_t tile = start; tile < stop; ++tile) {
            for (std::size_t k = 0; k < operands.size(); ++k) {
                at[k] = operands[k].data;
                steps[k] = operands[k].steps.back();
            }
            std::intptr_t rest = tile, columns = 0, rows = 1;
            for (int axis = last(); axis >= 0; --axis) {
                const std::intptr_t place = rest % tiles(axis);
                rest /= tiles(axis);
                const std::intptr_t step = axis == last() ? length : axis == cross ? height : 1;
                const std::intptr_t first = place * step;
                const std::intptr_t extent = std::min(step, shape[std::size_t(axis)] - first);
                if (axis == last()) columns = extent;
                if (axis == cross) rows = extent;
                for (std::size_t k = 0; k < operands.size(); ++k)
                    at[k] += first * operands[k].steps[std::size_t(axis)];
            }
            if (cross >= 0) turn(at, steps, buffer.data(), rows, columns);
            for (std::intptr_t r = 0; r < rows; ++r) {
                for (std::size_t k = 0; k < operands.size(); ++k) row[k] = at[k] + r * across(k);
                loop(row.data(), &columns, steps.data(), nullptr);
            }
        }
    }

    // How far apart the rows of a tile are. Those that were turned lie in the buffer.
    std::intptr_t across(std::size_t k) const {
        if (cross < 0) return 0;
        return against_the_grain(k) ? row_bytes() : operands[k].steps[std::size_t(cross)];
    }

    // Bytes of a row of a turned tile.
    std::intptr_t row_bytes() const { return tile_length * std::intptr_t(size) + 64; }

    bool against_the_grain(std::size_t k) const {
        const Strided& operand = operands[k];
        return int(k) < inputs && operand.steps[std::size_t(cross)] != 0 &&
               std::abs(operand.steps[std::size_t(cross)]) < std::abs(operand.steps.back());
    }

    // Copies what would be read against its grain, along it.
    void turn(std::vector<char*>& at, std::vector<std::intptr_t>& steps, char* buffer, std::intptr_t rows,
              std::intptr_t columns) const {
        for (std::size_t k = 0; k < std::size_t(inputs); ++k) {
            if (!against_the_grain(k)) continue;
            if (size == 1) turn_one<std::uint8_t>(k, at[k], buffer, rows, columns);
            if (size == 2) turn_one<std::uint16_t>(k, at[k], buffer, rows, columns);
            if (size == 4) turn_one<std::uint32_t>(k, at[k], buffer, rows, columns);
            if (size == 8) turn_one<std::uint64_t>(k, at[k], buffer, rows, columns);
            at[k] = buffer;
            steps[k] = std::intptr_t(size);
            buffer += height * row_bytes();
        }
    }

    template <class Element>
    void turn_one(std::size_t k, const char* from, char* buffer, std::intptr_t rows,
                  std::intptr_t columns) const {
        const std::intptr_t down = operands[k].steps[std::size_t(cross)], right = operands[k].steps.back();
        Element* to = reinterpret_cast<Element*>(buffer);
        std::intptr_t c = 0;
        if constexpr (square<Element> > 0) {
            if (rows == tile_height && down == std::intptr_t(sizeof(Element))) {
                for (; c + square<Element> <= columns; c += square<Element>) {
                    for (std::intptr_t next = c; next < c + square<Element>; ++next)
                        prefetch(from + std::min(next + ahead, columns - 1) * right);
                    for (std::intptr_t r = 0; r < tile_height; r += square<Element>)
                        turn_square(from + c * right + r * down, right, to + r * pitch<Element> + c);
                }
            }
        }
        for (; c < columns; ++c)
            for (std::intptr_t r = 0; r < rows; ++r)
                to[r * pitch<Element> + c] = *reinterpret_cast<const Element*>(from + c * right + r * down);
    }

    static void part(const void* walk, std::intptr_t start, std::intptr_t stop) {
        static_cast<const Walk*>(walk)->run(start, stop);
    }
};

// The axes in the order in which the first output lies, without those of one element, and with those made
// one that lie one behind the other in every operand.
void simplify(Walk& walk) {
    const Strided& out = walk.operands[std::size_t(walk.inputs)];
    std::vector<std::size_t> order;
    for (std::size_t axis = 0; axis < walk.shape.size(); ++axis)
        if (walk.shape[axis] != 1) order.push_back(axis);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::abs(out.steps[a]) > std::abs(out.steps[b]);
    });
    std::vector<std::intptr_t> shape;
    std::vector<Strided> operands = walk.operands;
    for (Strided& operand : operands) operand.steps.clear();
    for (const std::size_t axis : order) {
        bool joins = !shape.empty();
        for (std::size_t k = 0; k < operands.size() && joins; ++k)
            joins = operands[k].steps.back() == walk.operands[k].steps[axis] * walk.shape[axis];
        if (joins)
            shape.back() *= walk.shape[axis];
        else
            shape.push_back(walk.shape[axis]);
        for (std::size_t k = 0; k < operands.size(); ++k) {
            if (joins)
                operands[k].steps.back() = walk.operands[k].steps[axis];
            else
                operands[k].steps.push_back(walk.operands[k].steps[axis]);
        }
    }
    if (shape.empty()) {
        shape.push_back(1);
        for (Strided& operand : operands) operand.steps.push_back(0);
    }
    walk.shape = shape;
    walk.operands = operands;
}

}  // namespace

void walk(InnerLoop loop, std::vector<std::intptr_t> shape, std::vector<Strided> operands, int inputs,
          std::size_t element_size) {
    if (std::count(shape.begin(), shape.end(), 0) > 0) return;
    Walk all{loop, std::move(shape), std::move(operands), inputs, element_size};
    simplify(all);
    const std::vector<std::intptr_t>& steps = all.operands[0].steps;
    for (int axis = 0; axis < all.last(); ++axis) {
        const std::intptr_t step = std::abs(steps[std::size_t(axis)]);
        const std::intptr_t best = std::abs(steps[std::size_t(all.cross < 0 ? all.last() : all.cross)]);
        if (step != 0 && step < best) all.cross = axis;
    }
    if (all.cross >= 0) all.length = tile_length, all.height = tile_height;
    const std::intptr_t elements =
        std::min(all.shape.back(), all.length) *
        (all.cross < 0 ? 1 : std::min(all.shape[std::size_t(all.cross)], all.height));
    share(all.count(), std::max<std::intptr_t>(1, grain / elements), 1, Walk::part, &all);
}

}  // namespace rectifier
