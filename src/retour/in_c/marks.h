/* What an address is told by in a list, and what is known of it by that. */

/* Known of an address (flow/listcheck/seen.py): it stood there; a provider reads another so; with the lowest level
 * of the other forms; and that the account's ledger has something to say. */
enum { EXACT = 1, THEIRS = 2, COMPOSED = 4, SMALL = 8, TOLD = 16, FLAGS = 31, RARE = COMPOSED | SMALL };

typedef struct {
    uint64_t one, other; /* the lowest bits of the other are flags; none in a free place */
} Mark;

typedef struct {
    Mark *places;
    size_t room, used;
} Marks;

/* SipHash-2-4 with 128 bits (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012), keyed anew for each
 * list: that any two of a hundred million addresses share 123 bits has a chance below 1 in 10^21. */
#define TURN(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
#define ROUND                                                                                                        \
    do {                                                                                                             \
        v0 += v1, v1 = TURN(v1, 13) ^ v0, v0 = TURN(v0, 32);                                                         \
        v2 += v3, v3 = TURN(v3, 16) ^ v2;                                                                            \
        v0 += v3, v3 = TURN(v3, 21) ^ v0;                                                                            \
        v2 += v1, v1 = TURN(v1, 17) ^ v2, v2 = TURN(v2, 32);                                                         \
    } while (0)

static inline uint64_t eight(const unsigned char *octets, Py_ssize_t size)
{
    uint64_t word = 0;
    if (size >= 8 && PY_LITTLE_ENDIAN) {
        memcpy(&word, octets, 8);
        return word;
    }
    for (Py_ssize_t place = 0; place < size && place < 8; place++)
        word |= (uint64_t)octets[place] << (8 * place);
    return word;
}

static Mark sum_of(const uint64_t key[2], Text text)
{
    uint64_t v0 = 0x736f6d6570736575ULL ^ key[0], v1 = 0x646f72616e646f6dULL ^ key[1] ^ 0xee;
    uint64_t v2 = 0x6c7967656e657261ULL ^ key[0], v3 = 0x7465646279746573ULL ^ key[1];
    Py_ssize_t place = 0;
    Mark mark;
    for (; place + 8 <= text.size; place += 8) {
        uint64_t word = eight(text.octets + place, 8);
        v3 ^= word;
        ROUND;
        ROUND;
        v0 ^= word;
    }
    uint64_t last = eight(text.octets + place, text.size - place) | (uint64_t)text.size << 56;
    v3 ^= last;
    ROUND;
    ROUND;
    v0 ^= last;
    v2 ^= 0xee;
    ROUND;
    ROUND;
    ROUND;
    ROUND;
    mark.one = v0 ^ v1 ^ v2 ^ v3;
    v1 ^= 0xdd;
    ROUND;
    ROUND;
    ROUND;
    ROUND;
    mark.other = v0 ^ v1 ^ v2 ^ v3;
    return mark;
}

static inline int is_same(Mark one, Mark other)
{
    return one.one == other.one && one.other == other.other;
}

/* Where a mark stands, or the free place where it would. There is always a free one. */
static size_t place_of(const Marks *marks, Mark mark)
{
    size_t place = (size_t)mark.one & (marks->room - 1);
    for (;; place = (place + 1) & (marks->room - 1)) {
        const Mark *held = marks->places + place;
        if (!(held->other & FLAGS))
            return place;
        if (held->one == mark.one && (held->other & ~(uint64_t)FLAGS) == mark.other)
            return place;
    }
}

static inline int flags_of(const Marks *marks, Mark mark)
{
    return (int)(marks->places[place_of(marks, mark)].other & FLAGS);
}

static int grown(Marks *marks, size_t room)
{
    Marks made = {PyMem_RawCalloc(room, sizeof(Mark)), room, marks->used};
    if (!made.places) {
        PyErr_NoMemory();
        return 0;
    }
    for (size_t place = 0; place < marks->room; place++) {
        Mark mark = marks->places[place];
        if (mark.other & FLAGS) {
            uint64_t flags = mark.other & FLAGS;
            mark.other &= ~(uint64_t)FLAGS;
            size_t there = place_of(&made, mark);
            mark.other |= flags;
            made.places[there] = mark;
        }
    }
    PyMem_RawFree(marks->places);
    *marks = made;
    return 1;
}

static int note(Marks *marks, Mark mark, int flag)
{
    size_t place = place_of(marks, mark);
    if (!(marks->places[place].other & FLAGS)) {
        if ((marks->used + 1) * 8 > marks->room * 7) {
            if (marks->room > SIZE_MAX / (4 * sizeof(Mark))) {
                PyErr_NoMemory();
                return 0;
            }
            if (!grown(marks, marks->room * 2))
                return 0;
            place = place_of(marks, mark);
        }
        marks->places[place] = mark;
        marks->used++;
    }
    marks->places[place].other |= (uint64_t)flag;
    return 1;
}

