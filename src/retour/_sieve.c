/* The rows of a list that need no look of their own, in C: part of the compiled form alone (hatch_build.py).
 *
 * A row is plain when its address is one of letters, digits, "_", "-" and single dots; what is to be said of it is
 * said by its domain, which Python is asked about once. Everything else is handed to Python, row by row and in its
 * order, so that flow/listcheck says what is right; tests/core/test_listcheck_equal.py holds both against each
 * other, tests/compiled under AddressSanitizer too.
 *
 * Memory: a text is read between two bounds that were checked. What is written is written by `put`, which makes
 * room before. No pointer into a table outlives a call of Python: such a call may note addresses.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "in_c/bounds.h"

enum { PILES = 4, LOCAL = 31, DOMAIN = 63, LONGEST = LOCAL + 1 + DOMAIN, RECORD = 64 * 1024 };
enum { AHEAD = 16 }; /* rows that are prepared before they are looked at */
enum { DOMAINS = 4000000 }; /* that are remembered, as flow/listcheck/hosts.py has it */

/* What is known of an address (flow/listcheck/seen.py): it stood there; a provider reads another so; with the
 * lowest level of the other forms; and that the account's ledger has something to say. */
enum { EXACT = 1, THEIRS = 2, COMPOSED = 4, SMALL = 8, TOLD = 16, FLAGS = 31, MET = 15, RARE = COMPOSED | SMALL };

typedef struct {
    uint64_t one, other; /* the lowest bits of the other are flags; none in a free place */
} Mark;

typedef struct {
    Mark *places;
    size_t room, used;
} Marks;

typedef struct {
    PyObject *text;    /* what is written between an address and its row */
    PyObject *example; /* the first address since they were counted */
    Py_ssize_t rows, first;
    int pile, shown;
} Said;

typedef struct {
    Mark mark;
    PyObject *kept;         /* the name under which its provider keeps addresses; NULL of most */
    int dots, cased, known; /* known: 0 not asked yet, 1 its rows are judged by it, -1 they are not */
    Said own, copy;
} Domain;

typedef struct {
    PyObject_HEAD
    uint64_t key[2];
    int delimiter, busy; /* delimiter: -1 where a line is an address */
    Py_ssize_t column, width;
    PyObject *merging;
    Marks marks;
    Domain *domains;
    Py_ssize_t count, held;
    uint32_t *numbers; /* of domains, from 1, by their marks */
    size_t room;
    uint64_t *heeded; /* sums of local parts that lists may name */
    size_t heed_room;
    Made piles[PILES];
} Sieve;

/* Whom to ask: about a domain, about its copies, about a row. */
typedef struct {
    PyObject *learn, *copied, *odd;
} Asked;

/* A line, its cell, and what of it is plain. */
typedef struct {
    Text line, cell;
    Py_ssize_t row, at; /* at: of the @ in a plain cell, else -1 */
    Py_ssize_t fields;  /* of the line, 0 where they are not certain */
    int sure, capitals;
    Py_ssize_t guards; /* fields that a spreadsheet may run; -1 where they were not counted */
    int plain;
    Mark address, domain; /* of a plain row */
    unsigned char small[LONGEST], exact[LONGEST]; /* in small letters; with the domain in small letters */
} Row;

enum { SIGN = 1, DOT = 2, CAPITAL = 3, BARE = 4 }; /* BARE: a letter, what is left of a local part in lists */
static unsigned char kinds[256];

static void tell_kinds(void)
{
    for (int c = 0; c < 256; c++) {
        kinds[c] = 0;
        if ((c >= '0' && c <= '9') || c == '_' || c == '-')
            kinds[c] = SIGN;
        else if (c == '.')
            kinds[c] = DOT;
        else if (c >= 'A' && c <= 'Z')
            kinds[c] = CAPITAL;
        else if (c >= 'a' && c <= 'z')
            kinds[c] = BARE;
    }
}

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

static Mark mark_of(const Sieve *self, Text text)
{
    Mark mark = sum_of(self->key, text);
    mark.other &= ~(uint64_t)FLAGS;
    return mark;
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

/* Room for so many octets more. */
static int with_room(Made *made, Py_ssize_t more)
{
    Py_ssize_t room = made->room ? made->room : 1 << 16;
    unsigned char *octets;
    if (more <= made->room - made->size)
        return 1;
    if (more > PY_SSIZE_T_MAX / 4 - made->size) {
        PyErr_NoMemory();
        return 0;
    }
    while (room - made->size < more)
        room *= 2;
    if (!(octets = PyMem_RawRealloc(made->octets, (size_t)room))) {
        PyErr_NoMemory();
        return 0;
    }
    made->octets = octets;
    made->room = room;
    return 1;
}

static int put(Made *made, const void *octets, Py_ssize_t size)
{
    if (!size)
        return 1;
    if (!with_room(made, size))
        return 0;
    memcpy(made->octets + made->size, octets, (size_t)size);
    made->size += size;
    return 1;
}

static int put_number(Made *made, Py_ssize_t number)
{
    unsigned char digits[24];
    int place = (int)sizeof digits;
    do
        digits[--place] = (unsigned char)('0' + number % 10);
    while ((number /= 10) > 0 && place > 0);
    return put(made, digits + place, (Py_ssize_t)sizeof digits - place);
}

/* Whether a spreadsheet may run what begins here, as flow/listcheck/written.py has it. */
static inline int is_run(const Sieve *self, Text line, Py_ssize_t place)
{
    int sign;
    if (at(line, place) == '"')
        place++;
    while (at(line, place) == '\'')
        place++;
    sign = at(line, place);
    return sign == '=' || sign == '+' || sign == '-' || sign == '@' || sign == '\r' ||
           (sign == '\t' && self->delimiter != '\t');
}

/* Parts a line into its fields. Its cell is sure where quotation marks stand around whole fields alone. */
static void part(const Sieve *self, Row *row, int clean)
{
    Text line = row->line;
    int d = self->delimiter, quoted = next(line, 0, '"') < line.size;
    row->cell = (Text){line.octets, 0};
    row->sure = 0;
    row->guards = d < 0 ? 0 : -(Py_ssize_t)quoted;
    row->fields = 0;
    if (line.size > RECORD)
        return;
    if (!clean)
        for (Py_ssize_t place = 0; place < line.size; place++)
            if (line.octets[place] > 127)
                return;
    if (d < 0) {
        row->cell = line;
        row->sure = 1;
        row->fields = clean;
        return;
    }
    for (Py_ssize_t start = 0, end;; start = end + 1) {
        int marks = at(line, start) == '"';
        row->guards += !quoted && is_run(self, line, start);
        if (marks) {
            end = next(line, start + 1, '"') + 1;
            if (end > line.size || (end < line.size && line.octets[end] != d))
                return;
        } else {
            end = next(line, start, d);
            if (quoted && next(line, start, '"') < end)
                return;
        }
        if (row->fields++ == self->column)
            row->cell = marks ? piece(line, start + 1, end - 1) : piece(line, start, end);
        if (end >= line.size)
            break;
    }
    row->sure = row->fields > self->column;
    if (quoted || !clean || row->fields != self->width)
        row->fields = 0;
}

/* Signs that a spreadsheet may run are guarded at each delimiter, in quotation marks too. */
static Py_ssize_t guards_of(const Sieve *self, Text line)
{
    Py_ssize_t guards = is_run(self, line, 0);
    for (Py_ssize_t place = next(line, 0, self->delimiter); place < line.size;
         place = next(line, place + 1, self->delimiter))
        guards += is_run(self, line, place + 1);
    return guards;
}

/* Whether a cell is a plain address; then its forms are told. */
static int is_plain(Row *row)
{
    Text cell = row->cell;
    int last = '.', capitals = 0;
    Py_ssize_t place = 0;
    row->at = -1;
    if (cell.size > LONGEST || at(cell, 0) == '-')
        return 0;
    for (; place < cell.size; place++) {
        int sign = cell.octets[place], kind = kinds[sign];
        if (sign == '@' && row->at < 0 && last != '.') {
            row->at = place;
        } else if (kind == CAPITAL) {
            capitals = 1;
        } else if (!kind || (kind == DOT && last == '.' && row->at < 0)) {
            row->at = -1;
            return 0;
        }
        row->small[place] = (unsigned char)(kind == CAPITAL ? sign + 32 : sign);
        row->exact[place] = row->at >= 0 ? row->small[place] : (unsigned char)sign;
        last = sign;
    }
    row->capitals = capitals && memcmp(row->small, row->exact, (size_t)cell.size);
    if (row->at > 0 && row->at <= LOCAL && row->at + 1 < cell.size && cell.size - row->at - 1 <= DOMAIN)
        return 1;
    row->at = -1;
    return 0;
}

/* The sum of what is left of a local part without digits and joints (flow/listcheck/special.py); of all of it
 * where nothing is left. FNV-1a: whoever is met by chance is only looked at by Python. */
static uint64_t heed_sum(Text local)
{
    uint64_t bare = 0xcbf29ce484222325ULL, whole = 0xcbf29ce484222325ULL;
    int left = 0;
    for (Py_ssize_t place = 0; place < local.size; place++) {
        int sign = local.octets[place];
        whole = (whole ^ (uint64_t)sign) * 0x100000001b3ULL;
        if (kinds[sign] == BARE) {
            bare = (bare ^ (uint64_t)sign) * 0x100000001b3ULL;
            left = 1;
        }
    }
    return (left ? bare : whole) | 1; /* nought is a free place */
}

static int is_heeded(const Sieve *self, Text local)
{
    uint64_t sum = heed_sum(local);
    Py_ssize_t place = 1;
    while (place < local.size && local.octets[place] == local.octets[0])
        place++;
    if (place >= 4 && place == local.size)
        return 1; /* one key */
    for (size_t there = (size_t)(sum >> 7) & (self->heed_room - 1); self->heeded[there];
         there = (there + 1) & (self->heed_room - 1))
        if (self->heeded[there] == sum)
            return 1;
    return 0;
}

/* The place of a domain among `numbers`. */
static size_t number_place(const Sieve *self, Mark mark)
{
    size_t place = (size_t)mark.one & (self->room - 1);
    for (;; place = (place + 1) & (self->room - 1)) {
        const Domain *each;
        if (!self->numbers[place])
            return place;
        each = self->domains + self->numbers[place] - 1;
        if (each->mark.one == mark.one && each->mark.other == mark.other)
            return place;
    }
}

static int with_domain_room(Sieve *self)
{
    if (self->count == self->held) {
        Py_ssize_t held = self->held ? 2 * self->held : 1024;
        Domain *domains = PyMem_RawRealloc(self->domains, (size_t)held * sizeof(Domain));
        if (!domains) {
            PyErr_NoMemory();
            return 0;
        }
        self->domains = domains;
        self->held = held;
    }
    if ((size_t)self->count * 2 >= self->room) {
        size_t room = self->room * 2, mask = room - 1;
        uint32_t *numbers = PyMem_RawCalloc(room, sizeof *numbers);
        if (!numbers) {
            PyErr_NoMemory();
            return 0;
        }
        for (Py_ssize_t number = 0; number < self->count; number++) {
            size_t place = (size_t)self->domains[number].mark.one & mask;
            while (numbers[place])
                place = (place + 1) & mask;
            numbers[place] = (uint32_t)number + 1;
        }
        PyMem_RawFree(self->numbers);
        self->numbers = numbers;
        self->room = room;
    }
    return 1;
}

static PyObject *bytes_of(Text text)
{
    return PyBytes_FromStringAndSize((const char *)text.octets, text.size);
}

static Text name_of(const Row *row)
{
    return (Text){row->exact + row->at + 1, row->cell.size - row->at - 1};
}

/* Whether an answer is a tuple, which is what can be parsed. */
static int is_tuple(PyObject *answer)
{
    if (PyTuple_Check(answer))
        return 1;
    PyErr_SetString(PyExc_TypeError, "a tuple is expected");
    return 0;
}

/* What a new domain's provider ignores, where it takes two plain addresses for one. */
static int ruled(const Sieve *self, const Row *row, Domain *made)
{
    PyObject *rule, *name = bytes_of(name_of(row));
    if (!name)
        return 0;
    rule = PyDict_GetItemWithError(self->merging, name);
    Py_DECREF(name);
    if (!rule)
        return !PyErr_Occurred();
    if (!is_tuple(rule) || !PyArg_ParseTuple(rule, "ppS", &made->dots, &made->cased, &made->kept))
        return 0;
    if (PyBytes_GET_SIZE(made->kept) > DOMAIN) {
        PyErr_SetString(PyExc_ValueError, "a domain is too long");
        return 0;
    }
    Py_INCREF(made->kept);
    return 1;
}

/* The number of a row's domain, from 0; -1 where no more are remembered, -2 where something failed. */
static Py_ssize_t domain_of(Sieve *self, const Row *row)
{
    size_t place = number_place(self, row->domain);
    Domain made = {.mark = row->domain};
    if (self->numbers[place])
        return (Py_ssize_t)self->numbers[place] - 1;
    if (self->count >= DOMAINS)
        return -1;
    if (!with_domain_room(self) || !ruled(self, row, &made))
        return -2;
    self->domains[self->count++] = made;
    self->numbers[number_place(self, row->domain)] = (uint32_t)self->count;
    return self->count - 1;
}

/* Take what was answered: (pile, text, shown), or None. */
static int take(PyObject *answer, Said *said, int *known)
{
    PyObject *text;
    int pile, shown;
    if (!answer)
        return 0;
    if (answer == Py_None) {
        *known = -1;
        Py_DECREF(answer);
        return 1;
    }
    if (!is_tuple(answer) || !PyArg_ParseTuple(answer, "iSp", &pile, &text, &shown) || pile < 0 || pile >= PILES) {
        Py_DECREF(answer);
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "there is no such pile");
        return 0;
    }
    Py_INCREF(text);
    Py_XSETREF(said->text, text);
    said->pile = pile;
    said->shown = shown;
    *known = 1;
    Py_DECREF(answer);
    return 1;
}

static int learnt(Sieve *self, Py_ssize_t number, const Row *row, PyObject *learn)
{
    Said said = {0};
    int known = 0;
    Text name = name_of(row);
    if (!take(PyObject_CallFunction(learn, "ny#", number, (const char *)name.octets, name.size), &said, &known))
        return 0;
    self->domains[number].own = said;
    self->domains[number].known = known;
    return 1;
}

static int copy_learnt(Sieve *self, Py_ssize_t number, PyObject *copied)
{
    Said said = {0};
    int known = 0;
    if (!take(PyObject_CallFunction(copied, "n", number), &said, &known))
        return 0;
    if (known < 0) {
        PyErr_SetString(PyExc_ValueError, "of copies something is to be said");
        return 0;
    }
    self->domains[number].copy = said;
    return 1;
}

static int put_line(const Sieve *self, Made *made, Text line, Py_ssize_t guards)
{
    Py_ssize_t start = 0;
    if (!guards)
        return put(made, line.octets, line.size);
    for (Py_ssize_t field = 0; field <= line.size;) {
        if (is_run(self, line, field)) {
            Py_ssize_t end = field + (at(line, field) == '"');
            if (!put(made, line.octets + start, end - start) || !put(made, "'", 1))
                return 0;
            start = end;
        }
        field = next(line, field, self->delimiter) + 1;
    }
    return put(made, line.octets + start, line.size - start);
}

/* A row that is judged by its domain. */
static int write_row(Sieve *self, const Row *row, Said *said)
{
    Made *made = &self->piles[said->pile];
    unsigned char d = (unsigned char)(self->delimiter < 0 ? ',' : self->delimiter);
    Py_ssize_t guards = row->guards < 0 ? guards_of(self, row->line) : row->guards;
    if (!said->rows++ && said->shown) {
        said->first = row->row;
        Py_XSETREF(said->example, bytes_of((Text){row->exact, row->cell.size}));
        if (!said->example)
            return 0;
    }
    return put_number(made, row->row) && put(made, &d, 1) && put(made, row->exact, row->cell.size) &&
           put(made, PyBytes_AS_STRING(said->text), PyBytes_GET_SIZE(said->text)) &&
           put_line(self, made, row->line, guards) && put(made, "\n", 1);
}

/* A row for Python: (row, line, cell or None, where the @ is or -1) → (pile, what is written). */
static int ask_row(Sieve *self, const Row *row, PyObject *odd, int looking)
{
    const char *cell = row->at >= 0 || (row->sure && row->fields) ? (const char *)row->cell.octets : NULL;
    Py_ssize_t size = cell ? row->cell.size : 0;
    PyObject *text, *answer = PyObject_CallFunction(odd, "ny#y#n", row->row, (const char *)row->line.octets,
                                                    row->line.size, cell, size, row->at);
    int pile, done;
    if (!answer)
        return 0;
    if (!looking) {
        Py_DECREF(answer);
        return 1;
    }
    if (!is_tuple(answer) || !PyArg_ParseTuple(answer, "iS", &pile, &text) || pile < 0 || pile >= PILES) {
        Py_DECREF(answer);
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "there is no such pile");
        return 0;
    }
    done = put(&self->piles[pile], PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text)) &&
           put(&self->piles[pile], "\n", 1);
    Py_DECREF(answer);
    return done;
}

/* A plain address in small letters as its provider reads it. */
static Text theirs_of(const Row *row, const Domain *domain, unsigned char *room)
{
    Py_ssize_t size = 0, kept = PyBytes_GET_SIZE(domain->kept);
    for (Py_ssize_t place = 0; place < row->at; place++)
        if (!domain->dots || row->small[place] != '.')
            room[size++] = row->small[place];
    room[size++] = '@';
    memcpy(room + size, PyBytes_AS_STRING(domain->kept), (size_t)kept);
    return (Text){room, size + kept};
}

/* The forms by which duplicates are told: marks of the address, of its small letters, of what its provider reads. */
typedef struct {
    Mark exact, small, theirs;
    int folded; /* theirs is another */
} Forms;

static Forms forms_of(const Sieve *self, const Row *row, const Domain *domain)
{
    unsigned char room[LONGEST];
    Text small = {row->small, row->cell.size};
    Forms forms = {.exact = row->address};
    forms.small = forms.theirs = row->capitals ? mark_of(self, small) : forms.exact;
    if (domain->kept) {
        Text theirs = theirs_of(row, domain, room);
        forms.folded = theirs.size != small.size || memcmp(theirs.octets, small.octets, (size_t)small.size);
        if (forms.folded)
            forms.theirs = mark_of(self, theirs);
    }
    return forms;
}

static int noted(Sieve *self, const Row *row, const Forms *forms)
{
    int small = row->capitals ? flags_of(&self->marks, forms->small) : RARE;
    if (!note(&self->marks, forms->exact, EXACT) || (!(small & RARE) && !note(&self->marks, forms->small, SMALL)))
        return 0;
    if (!forms->folded || flags_of(&self->marks, forms->theirs) & (THEIRS | RARE))
        return 1;
    return note(&self->marks, forms->theirs, THEIRS);
}

/* A row that is looked at: 1 where all is well. */
static int look_at(Sieve *self, Row *row, const Asked *asked)
{
    Py_ssize_t number = row->plain ? domain_of(self, row) : -1;
    Domain *domain;
    Forms forms;
    int met, others;
    if (number == -2)
        return 0;
    if (number < 0)
        return ask_row(self, row, asked->odd, 1);
    if (!self->domains[number].known && !learnt(self, number, row, asked->learn))
        return 0;
    domain = self->domains + number;
    if (domain->known < 0 || (row->capitals && domain->cased))
        return ask_row(self, row, asked->odd, 1);
    forms = forms_of(self, row, domain);
    met = flags_of(&self->marks, forms.exact);
    others = met | flags_of(&self->marks, forms.small) | flags_of(&self->marks, forms.theirs);
    if (others & TOLD)
        return ask_row(self, row, asked->odd, 1);
    if (met & EXACT) {
        if (!domain->copy.text && !copy_learnt(self, number, asked->copied))
            return 0;
        return write_row(self, row, &self->domains[number].copy);
    }
    if (others & MET)
        return ask_row(self, row, asked->odd, 1);
    return noted(self, row, &forms) && write_row(self, row, &domain->own);
}

/* Whether a name in small letters looks like those that are judged (flow/listcheck/hosts.py). */
static int is_named(Text name)
{
    Py_ssize_t dot = -1;
    for (Py_ssize_t place = 0; place <= name.size; place++) {
        int sign = at(name, place);
        if (sign == '_')
            return 0;
        if (sign != '.' && sign != -1)
            continue;
        if (place == dot + 1 || name.octets[dot + 1] == '-' || name.octets[place - 1] == '-')
            return 0;
        if (sign == -1)
            return dot > 0 && kinds[name.octets[dot + 1]] == BARE && place > dot + 2;
        dot = place;
    }
    return 0;
}

/* The same of a row that was judged before: it is only noted. */
static int remember_it(Sieve *self, Row *row, const Asked *asked)
{
    Py_ssize_t number = row->plain && is_named(name_of(row)) ? domain_of(self, row) : -1;
    Forms forms;
    if (number == -2)
        return 0;
    if (number < 0)
        return ask_row(self, row, asked->odd, 0);
    forms = forms_of(self, row, self->domains + number);
    return flags_of(&self->marks, forms.exact) & EXACT ? 1 : noted(self, row, &forms);
}

#if defined(__GNUC__)
#define SOON(place) __builtin_prefetch(place)
#else
#define SOON(place) ((void)(place))
#endif

/* What can be told of a row by itself; what it will ask for in memory is sent for. */
static void prepare(const Sieve *self, Row *row, int clean)
{
    part(self, row, clean);
    row->at = -1;
    row->plain = row->sure && is_plain(row) && !is_heeded(self, (Text){row->small, row->at});
    if (!row->plain)
        return;
    row->domain = sum_of(self->key, name_of(row));
    SOON(self->numbers + ((size_t)row->domain.one & (self->room - 1)));
    row->address = mark_of(self, (Text){row->exact, row->cell.size});
    SOON(self->marks.places + ((size_t)row->address.one & (self->marks.room - 1)));
}

/* The numbers of the domains are there by now: what they stand for is sent for. */
static void send_for_domain(const Sieve *self, const Row *row)
{
    uint32_t number = row->plain ? self->numbers[(size_t)row->domain.one & (self->room - 1)] : 0;
    if (number) {
        SOON(&self->domains[number - 1].mark);
        SOON(&self->domains[number - 1].own.pile);
    }
}

/* Lines from `start` to `end`, of which each ends with a line feed; where the next begins, and its number. */
static PyObject *lines(Sieve *self, PyObject *given, int looking)
{
    Py_buffer raw;
    Asked asked = {0};
    Py_ssize_t start, end, number;
    int clean, fine = 1;
    Row rows[AHEAD];
    if (!PyArg_ParseTuple(given, "y*nnnpOOO", &raw, &start, &end, &number, &clean, &asked.learn, &asked.copied,
                          &asked.odd))
        return NULL;
    if (self->busy) {
        PyErr_SetString(PyExc_RuntimeError, "it is looking already");
        PyBuffer_Release(&raw);
        return NULL;
    }
    self->busy = 1;
    Text text = {raw.buf, raw.len};
    while (fine && start >= 0 && start < end && start < text.size) {
        int count = 0;
        for (; count < AHEAD && start < end && start < text.size; count++) {
            Py_ssize_t stop = next(text, start, '\n');
            rows[count].line = piece(text, start, stop);
            rows[count].row = number++;
            prepare(self, rows + count, clean);
            start = stop + 1;
        }
        for (int place = 0; place < count; place++)
            send_for_domain(self, rows + place);
        for (int place = 0; fine && place < count; place++)
            fine = looking ? look_at(self, rows + place, &asked) : remember_it(self, rows + place, &asked);
    }
    self->busy = 0;
    PyBuffer_Release(&raw);
    return fine ? Py_BuildValue("nn", start, number) : NULL;
}

static PyObject *sieve_look(Sieve *self, PyObject *given)
{
    return lines(self, given, 1);
}

static PyObject *sieve_remember(Sieve *self, PyObject *given)
{
    return lines(self, given, 0);
}

/* What is to be written since the last time, by pile. */
static PyObject *sieve_taken(Sieve *self, PyObject *none)
{
    PyObject *taken = PyList_New(PILES);
    for (int pile = 0; taken && pile < PILES; pile++) {
        Made *made = &self->piles[pile];
        PyObject *rows = PyBytes_FromStringAndSize((const char *)made->octets, made->size);
        if (!rows)
            Py_CLEAR(taken);
        else
            PyList_SET_ITEM(taken, pile, rows);
    }
    for (int pile = 0; taken && pile < PILES; pile++)
        self->piles[pile].size = 0;
    return taken;
}

static int count(PyObject *counted, Py_ssize_t number, int is_copy, Said *said)
{
    PyObject *each;
    int failed;
    if (!said->rows)
        return 1;
    each = Py_BuildValue("niOnn", number, is_copy, said->example ? said->example : Py_None, said->first, said->rows);
    failed = !each || PyList_Append(counted, each) < 0;
    Py_XDECREF(each);
    if (failed)
        return 0;
    Py_CLEAR(said->example);
    said->rows = said->first = 0;
    return 1;
}

/* (domain, whether copies are told of, example or None, its row, rows) since the last time. */
static PyObject *sieve_counted(Sieve *self, PyObject *none)
{
    PyObject *counted = PyList_New(0);
    for (Py_ssize_t number = 0; counted && number < self->count; number++)
        if (!count(counted, number, 0, &self->domains[number].own) ||
            !count(counted, number, 1, &self->domains[number].copy))
            Py_CLEAR(counted);
    return counted;
}

static PyObject *sieve_flags(Sieve *self, PyObject *given)
{
    Text text;
    if (!PyBytes_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "bytes are expected");
        return NULL;
    }
    text = (Text){(const unsigned char *)PyBytes_AS_STRING(given), PyBytes_GET_SIZE(given)};
    return PyLong_FromLong(flags_of(&self->marks, mark_of(self, text)));
}

static PyObject *sieve_note(Sieve *self, PyObject *given)
{
    const char *octets;
    Py_ssize_t size;
    int flag;
    if (!PyArg_ParseTuple(given, "y#i", &octets, &size, &flag))
        return NULL;
    if (flag <= 0 || flag > FLAGS) {
        PyErr_SetString(PyExc_ValueError, "there is no such flag");
        return NULL;
    }
    if (!note(&self->marks, mark_of(self, (Text){(const unsigned char *)octets, size}), flag))
        return NULL;
    Py_RETURN_NONE;
}

/* The sum of an octet string, for those who hold it against the one that was published. */
static PyObject *sieve_sum(PyObject *module, PyObject *given)
{
    const char *key, *octets;
    Py_ssize_t length, size;
    unsigned char made[16];
    uint64_t words[2];
    if (!PyArg_ParseTuple(given, "y#y#", &key, &length, &octets, &size))
        return NULL;
    if (length != 16) {
        PyErr_SetString(PyExc_ValueError, "a key has 16 octets");
        return NULL;
    }
    for (int word = 0; word < 2; word++)
        words[word] = eight((const unsigned char *)key + 8 * word, 8);
    Mark mark = sum_of(words, (Text){(const unsigned char *)octets, size});
    for (int place = 0; place < 16; place++)
        made[place] = (unsigned char)((place < 8 ? mark.one : mark.other) >> (8 * (place % 8)));
    return PyBytes_FromStringAndSize((const char *)made, 16);
}

static int heed(Sieve *self, PyObject *locals)
{
    PyObject *each, *all = PySequence_Fast(locals, "a list of octets is expected");
    int fine = all != NULL;
    size_t room = 1024;
    while (all && room < 4 * (size_t)PySequence_Fast_GET_SIZE(all))
        room *= 2;
    if (!all || !(self->heeded = PyMem_RawCalloc(room, sizeof *self->heeded))) {
        Py_XDECREF(all);
        if (fine)
            PyErr_NoMemory();
        return 0;
    }
    self->heed_room = room;
    for (Py_ssize_t place = 0; fine && place < PySequence_Fast_GET_SIZE(all); place++) {
        each = PySequence_Fast_GET_ITEM(all, place);
        fine = PyBytes_Check(each);
        if (!fine) {
            PyErr_SetString(PyExc_TypeError, "bytes are expected");
            break;
        }
        uint64_t sum = heed_sum((Text){(const unsigned char *)PyBytes_AS_STRING(each), PyBytes_GET_SIZE(each)});
        size_t there = (size_t)(sum >> 7) & (room - 1);
        while (self->heeded[there])
            there = (there + 1) & (room - 1);
        self->heeded[there] = sum;
    }
    Py_DECREF(all);
    return fine;
}

static void cleared(Said *said)
{
    Py_CLEAR(said->text);
    Py_CLEAR(said->example);
}

static void sieve_dealloc(Sieve *self)
{
    PyTypeObject *type = Py_TYPE(self);
    for (Py_ssize_t number = 0; number < self->count; number++) {
        Py_CLEAR(self->domains[number].kept);
        cleared(&self->domains[number].own);
        cleared(&self->domains[number].copy);
    }
    for (int pile = 0; pile < PILES; pile++)
        PyMem_RawFree(self->piles[pile].octets);
    PyMem_RawFree(self->domains);
    PyMem_RawFree(self->numbers);
    PyMem_RawFree(self->heeded);
    PyMem_RawFree(self->marks.places);
    Py_CLEAR(self->merging);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

/* Sieve(key, delimiter, column, width, merging, heeded): delimiter is empty where a line is an address. */
static PyObject *sieve_new(PyTypeObject *type, PyObject *given, PyObject *named)
{
    const char *key, *delimiter;
    Py_ssize_t length, parts, column, width;
    PyObject *merging, *heeded;
    Sieve *self;
    if (!PyArg_ParseTuple(given, "y#y#nnO!O", &key, &length, &delimiter, &parts, &column, &width, &PyDict_Type,
                          &merging, &heeded))
        return NULL;
    if (length != 16 || parts > 1 || column < 0) {
        PyErr_SetString(PyExc_ValueError, "a key of 16 octets, a delimiter of one, and a column are expected");
        return NULL;
    }
    if (!(self = (Sieve *)type->tp_alloc(type, 0)))
        return NULL;
    self->key[0] = eight((const unsigned char *)key, 8);
    self->key[1] = eight((const unsigned char *)key + 8, 8);
    self->delimiter = parts ? (unsigned char)delimiter[0] : -1;
    self->column = column;
    self->width = width;
    self->merging = Py_NewRef(merging);
    self->room = 1 << 12;
    self->numbers = PyMem_RawCalloc(self->room, sizeof *self->numbers);
    if (!self->numbers)
        PyErr_NoMemory();
    if (!self->numbers || !grown(&self->marks, 1 << 12) || !heed(self, heeded)) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyMethodDef methods[] = {
    {"look", (PyCFunction)sieve_look, METH_VARARGS, "Look at lines; where the next begins, and its number."},
    {"remember", (PyCFunction)sieve_remember, METH_VARARGS, "The same of lines that were judged before."},
    {"taken", (PyCFunction)sieve_taken, METH_NOARGS, "What is to be written, by pile."},
    {"counted", (PyCFunction)sieve_counted, METH_NOARGS, "Rows by domain since the last time."},
    {"flags", (PyCFunction)sieve_flags, METH_O, "What is known of an address."},
    {"note", (PyCFunction)sieve_note, METH_VARARGS, "Note something of an address."},
    {0}};

static PyType_Slot sieve_slots[] = {
    {Py_tp_new, sieve_new}, {Py_tp_dealloc, sieve_dealloc}, {Py_tp_methods, methods}, {0}};

static PyType_Spec sieve_spec = {"retour._sieve.Sieve", sizeof(Sieve), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, sieve_slots};

static int fill(PyObject *module)
{
    PyObject *sieve;
    int failed;
    tell_kinds();
    sieve = PyType_FromModuleAndSpec(module, &sieve_spec, NULL);
    failed = !sieve || PyModule_AddType(module, (PyTypeObject *)sieve) < 0;
    Py_XDECREF(sieve);
    return failed ? -1 : 0;
}

static PyMethodDef functions[] = {{"sum_of", sieve_sum, METH_VARARGS, "SipHash-2-4 with 128 bits."}, {0}};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "retour._sieve", "Plain rows of lists, in C.", 0,
                                        functions, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__sieve(void)
{
    return PyModuleDef_Init(&definition);
}
