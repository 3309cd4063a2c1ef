// A peer of bench core: 64-byte images through atomic_queue, one producer and one consumer.
#include <atomic_queue/atomic_queue.h>

#include <cstdint>
#include <cstring>

namespace {
struct Image {
    std::uint32_t words[16];
};

using Queue = atomic_queue::AtomicQueue2<Image, 1024, true, true, false, true>;
alignas(64) Queue queue;
} // namespace

extern "C" void bench_atomic_queue_open() {
    Image image;
    while (queue.try_pop(image)) {
    }
}

extern "C" int bench_atomic_queue_put(const std::uint32_t *words) {
    Image image;
    std::memcpy(image.words, words, sizeof image.words);
    return queue.try_push(image);
}

extern "C" int bench_atomic_queue_take(std::uint32_t *words) {
    Image image;
    if (!queue.try_pop(image)) {
        return 0;
    }
    std::memcpy(words, image.words, sizeof image.words);
    return 1;
}
