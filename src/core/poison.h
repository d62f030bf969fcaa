/* Marks memory for AddressSanitizer that must not be accessed although it is allocated. No effect without it.
 */
#ifndef TRKX_CORE_POISON_H
#define TRKX_CORE_POISON_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRKX_POISONS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define TRKX_POISONS
#endif

#ifdef TRKX_POISONS
#include <sanitizer/asan_interface.h>
#define TRKX_POISON(from, bytes) ASAN_POISON_MEMORY_REGION((from), (bytes))
#define TRKX_UNPOISON(from, bytes) ASAN_UNPOISON_MEMORY_REGION((from), (bytes))
#else
#define TRKX_POISON(from, bytes) ((void)(from), (void)(bytes))
#define TRKX_UNPOISON(from, bytes) ((void)(from), (void)(bytes))
#endif

#endif
