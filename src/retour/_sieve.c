/* The rows of a list that need no look of their own, in C: part of the compiled form alone (hatch_build.py).
 *
 * A row is plain when its address is one of letters, digits, "_", "-", "+" and single dots, alone in its cell or
 * with something around it that can be taken off. What is to be said of it is said by its domain and by what else
 * was found of it, and Python is asked about each such case once. Everything else is handed to Python, row by row
 * and in its order, so that flow/listcheck says what is right; tests/core/test_listcheck_equal.py holds both
 * against each other, tests/compiled under AddressSanitizer too.
 *
 * Memory: a text is read between two bounds that were checked. What is written is written by `put`, which makes
 * room before. No pointer into a table outlives a call of Python: such a call may note addresses.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "in_c/bounds.h"

#include "in_c/growing.h"
#include "in_c/marks.h"
#include "in_c/rows.h"

#include "in_c/dresses.h"

enum { PILES = 4 };
enum { AHEAD = 16 };        /* rows that are prepared before they are looked at */
enum { DOMAINS = 4000000 }; /* that are remembered, as flow/listcheck/hosts.py has it; and cases of them */
enum { NUMBERED = 1 << 14 }; /* repairs and lists that are told apart */

/* How a row is known: not at all, by one of the notions of seen.LEVELS; or it is wrong, and that says all. */
enum { NEW, COPY, IS_COMPOSED, IS_SMALL, IS_THEIRS, IS_WRONG };

typedef struct {
    PyObject *text;    /* what is written between an address and its row */
    PyObject *example; /* the first address since they were counted */
    Py_ssize_t rows, first;
    int pile, shown, proposed; /* proposed: a NUL in the text stands for the local part */
} Said;

typedef struct {
    Mark mark;
    PyObject *kept;        /* the name under which its provider keeps addresses; NULL where it has no rules */
    int dots, cut, cased;  /* what the provider ignores, and that it heeds capitals */
    int known;             /* 0 not asked yet, 1 its rows are judged by it, -1 they are not */
    Said own;
} Domain;

/* Rows of a domain of which more is to be said than of the domain. */
typedef struct {
    uint64_t key;
    Said said;
} Case;

typedef struct {
    PyObject_HEAD
    uint64_t key[2];
    int busy;
    Layout layout;
    PyObject *providers;
    PyObject *endings; /* a tuple of octets: what ends so without an @ may be meant as an address */
    Marks marks;
    Domain *domains;
    Py_ssize_t count, held;
    uint32_t *numbers; /* of domains, from 1, by their marks */
    size_t room;
    Case *cases;
    Py_ssize_t cased, case_held;
    uint32_t *case_numbers; /* from 1, by their keys */
    size_t case_room;
    Dresses dresses;
    uint64_t *heeded; /* sums of local parts that lists may name */
    size_t heed_room;
    Made piles[PILES];
} Sieve;

/* Whom to ask: about a domain, about more of it, about what is wrong, about what stands around an address, about a
 * local part, about an address that is stopped, about a row; whether an address was erased, None where none was. */
typedef struct {
    PyObject *domain, *more, *wrong, *around, *local, *stopped, *row, *erased;
} Asked;

static Mark mark_of(const Sieve *self, Text text)
{
    Mark mark = sum_of(self->key, text);
    mark.other &= ~(uint64_t)FLAGS;
    return mark;
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
    uint64_t sum = heed_sum(local = piece(local, 0, next(local, 0, '+'))); /* a tag is no part of a name */
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
        if (is_same(each->mark, mark))
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

/* The place of a case among `case_numbers`. */
static size_t case_place(const Sieve *self, uint64_t key)
{
    size_t place = (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 20) & (self->case_room - 1);
    while (self->case_numbers[place] && self->cases[self->case_numbers[place] - 1].key != key)
        place = (place + 1) & (self->case_room - 1);
    return place;
}

static int with_case_room(Sieve *self)
{
    if (self->cased == self->case_held) {
        Py_ssize_t held = self->case_held ? 2 * self->case_held : 256;
        Case *cases = PyMem_RawRealloc(self->cases, (size_t)held * sizeof(Case));
        if (!cases) {
            PyErr_NoMemory();
            return 0;
        }
        self->cases = cases;
        self->case_held = held;
    }
    if ((size_t)self->cased * 2 >= self->case_room) {
        uint32_t *numbers = PyMem_RawCalloc(self->case_room * 2, sizeof *numbers);
        if (!numbers) {
            PyErr_NoMemory();
            return 0;
        }
        PyMem_RawFree(self->case_numbers);
        self->case_numbers = numbers;
        self->case_room *= 2;
        for (Py_ssize_t number = 0; number < self->cased; number++)
            numbers[case_place(self, self->cases[number].key)] = (uint32_t)number + 1;
    }
    return 1;
}

static PyObject *bytes_of(Text text)
{
    return PyBytes_FromStringAndSize((const char *)text.octets, text.size);
}

static Text name_of(const Row *row)
{
    return piece((Text){row->exact, row->size}, row->at + 1, row->size);
}

/* Whether an answer is a tuple, which is what can be parsed. */
static int is_tuple(PyObject *answer)
{
    if (PyTuple_Check(answer))
        return 1;
    PyErr_SetString(PyExc_TypeError, "a tuple is expected");
    return 0;
}

/* What a new domain's provider ignores; None where that is not known here. */
static int ruled(const Sieve *self, const Row *row, Domain *made)
{
    PyObject *rule, *name = bytes_of(name_of(row));
    if (!name)
        return 0;
    rule = PyDict_GetItemWithError(self->providers, name);
    Py_DECREF(name);
    if (!rule)
        return !PyErr_Occurred();
    if (rule == Py_None) {
        made->known = -1;
        return 1;
    }
    if (!is_tuple(rule) ||
        !PyArg_ParseTuple(rule, "pppS", &made->dots, &made->cut, &made->cased, &made->kept))
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

/* Take what was answered: (pile, text, shown, proposed), or None: then nothing is known. */
static int take(PyObject *answer, Said *said, int *known)
{
    PyObject *text;
    int pile, shown, proposed;
    if (!answer)
        return 0;
    if (answer == Py_None) {
        *known = -1;
        Py_DECREF(answer);
        return 1;
    }
    if (!is_tuple(answer) || !PyArg_ParseTuple(answer, "iSpp", &pile, &text, &shown, &proposed) || pile < 0 ||
        pile >= PILES) {
        Py_DECREF(answer);
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "there is no such pile");
        return 0;
    }
    *said = (Said){.text = Py_NewRef(text), .pile = pile, .shown = shown, .proposed = proposed};
    *known = 1;
    Py_DECREF(answer);
    return 1;
}

static int learnt(Sieve *self, Py_ssize_t number, const Row *row, PyObject *ask)
{
    Said said = {0};
    int known = 0;
    Text name = name_of(row);
    if (!take(PyObject_CallFunction(ask, "ny#", number, (const char *)name.octets, name.size), &said, &known))
        return 0;
    self->domains[number].own = said;
    self->domains[number].known = known;
    return 1;
}

/* What is to be said of a case; NULL where no more are remembered, or `fine` says that something failed. */
static Said *said_of(Sieve *self, Py_ssize_t number, int repairs, int listed, int level, Text address,
                     const Asked *asked, int *fine)
{
    uint64_t key = (uint64_t)(number + 1) << 32 | (uint64_t)repairs << 18 | (uint64_t)listed << 4 | (uint64_t)level;
    uint32_t there = self->case_numbers[case_place(self, key)];
    Said said = {0};
    int known = 0;
    if (there)
        return self->cases[there - 1].said.text ? &self->cases[there - 1].said : NULL;
    if (self->cased >= DOMAINS)
        return NULL;
    *fine = level == IS_WRONG
                ? take(PyObject_CallFunction(asked->wrong, "nny#", self->cased, number, (const char *)address.octets,
                                             address.size),
                       &said, &known)
                : take(PyObject_CallFunction(asked->more, "nniii", self->cased, number, repairs, listed, level), &said,
                       &known);
    if (!*fine || !(*fine = with_case_room(self))) {
        Py_XDECREF(said.text);
        return NULL;
    }
    self->cases[self->cased++] = (Case){key, said};
    self->case_numbers[case_place(self, key)] = (uint32_t)self->cased;
    return said.text ? &self->cases[self->cased - 1].said : NULL;
}

/* A number that was answered: -1 for none, -2 where something failed. */
static int number_of(PyObject *answer)
{
    long number = answer ? PyLong_AsLong(answer) : -1;
    Py_XDECREF(answer);
    if (PyErr_Occurred())
        return -2;
    return number >= 0 && number < NUMBERED ? (int)number : -1;
}

/* The number of the repairs that what stands around an address asks for. */
static int repairs_of(Sieve *self, const Row *row, PyObject *ask)
{
    Dress *dress = dress_at(&self->dresses, row->dress);
    const Text *around[3] = {&row->before, &row->between, &row->behind};
    int repairs;
    if (dress->known)
        return dress->repairs;
    repairs = number_of(PyObject_CallFunction(
        ask, "y#y#y#", (const char *)around[0]->octets, around[0]->size, (const char *)around[1]->octets,
        around[1]->size, (const char *)around[2]->octets, around[2]->size));
    if (repairs == -2 || self->dresses.count >= DRESSES)
        return repairs;
    *dress_at(&self->dresses, row->dress) = (Dress){row->dress, 1, repairs};
    self->dresses.count++;
    return repairs;
}

static int put_line(const Sieve *self, Made *made, Text line, Py_ssize_t guards)
{
    Py_ssize_t start = 0;
    if (!guards)
        return put_text(made, line);
    for (Py_ssize_t field = 0; field <= line.size;) {
        if (is_run(&self->layout, line, field)) {
            Py_ssize_t end = field + (at(line, field) == '"');
            if (!put_text(made, piece(line, start, end)) || !put(made, "'", 1))
                return 0;
            start = end;
        }
        field = next(line, field, self->layout.delimiter) + 1;
    }
    return put_text(made, piece(line, start, line.size));
}

/* What is proposed of a row: its local part; of one with dots that part nothing the address without them. */
static int put_local(Made *made, const Row *row)
{
    Text local = {row->exact, row->at};
    int parts = 0;
    if (row->shape != DOTTED)
        return put_text(made, local);
    for (Py_ssize_t start = 0, end; start < local.size; start = end + 1) {
        end = next(local, start, '.');
        if (end > start && ((parts++ && !put(made, ".", 1)) || !put_text(made, piece(local, start, end))))
            return 0;
    }
    return put(made, row->exact + row->at, row->size - row->at);
}

/* What is said of an address; its local part stands in what is proposed. */
static int put_said(Made *made, const Row *row, Text said, int proposed)
{
    Py_ssize_t start = 0, hole = proposed ? next(said, 0, 0) : said.size;
    for (; hole < said.size; hole = next(said, start, 0)) {
        if (!put_text(made, piece(said, start, hole)) || !put_local(made, row))
            return 0;
        start = hole + 1;
    }
    return put_text(made, piece(said, start, said.size));
}

/* A row with what is said of it. */
static int put_row(Sieve *self, const Row *row, int pile, Text said, int proposed)
{
    Made *made = &self->piles[pile];
    unsigned char d = (unsigned char)(self->layout.delimiter < 0 ? ',' : self->layout.delimiter);
    Py_ssize_t guards = row->guards < 0 ? guards_of(&self->layout, row->line) : row->guards;
    return put_number(made, row->row) && put(made, &d, 1) && put(made, row->exact, row->size) &&
           put_said(made, row, said, proposed) && put_line(self, made, row->line, guards) && put(made, "\n", 1);
}

static Text text_of(PyObject *bytes)
{
    return (Text){(const unsigned char *)PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes)};
}

/* A row of which the same is said as of others. */
static int write_row(Sieve *self, const Row *row, Said *said)
{
    if (!said->rows++ && said->shown) {
        said->first = row->row;
        Py_XSETREF(said->example, bytes_of((Text){row->exact, row->size}));
        if (!said->example)
            return 0;
    }
    return put_row(self, row, said->pile, text_of(said->text), said->proposed);
}

/* What was answered about a row: (pile, text); 0 where it is nothing of the kind. */
static int is_answer(PyObject *answer, int *pile, PyObject **text)
{
    if (!is_tuple(answer) || !PyArg_ParseTuple(answer, "iS", pile, text))
        return 0;
    if (*pile >= 0 && *pile < PILES)
        return 1;
    PyErr_SetString(PyExc_ValueError, "there is no such pile");
    return 0;
}

/* A row for Python: (row, line, cell or None, where the @ is in a plain one or -1) → (pile, what is written). */
static int ask_row(Sieve *self, const Row *row, PyObject *ask, int looking)
{
    int is_sure = row->shape == PLAIN || (row->sure && row->fields), pile, done;
    const char *cell = is_sure ? (const char *)row->cell.octets : NULL;
    PyObject *text, *answer = PyObject_CallFunction(ask, "ny#y#n", row->row, (const char *)row->line.octets,
                                                    row->line.size, cell, is_sure ? row->cell.size : 0,
                                                    row->shape == PLAIN ? row->at : (Py_ssize_t)-1);
    if (!answer)
        return 0;
    done = !looking || (is_answer(answer, &pile, &text) && put_text(&self->piles[pile], text_of(text)) &&
                        put(&self->piles[pile], "\n", 1));
    Py_DECREF(answer);
    return done;
}

/* A row whose address is in the account's ledger: (number, repairs, listed, level, row, address) → (pile, text). */
static int ask_stopped(Sieve *self, const Row *row, Py_ssize_t number, int repairs, int listed, int level,
                       PyObject *ask)
{
    PyObject *text, *answer = PyObject_CallFunction(ask, "niiiny#", number, repairs, listed, level, row->row,
                                                    (const char *)row->exact, row->size);
    int pile, done;
    if (!answer)
        return 0;
    done = is_answer(answer, &pile, &text) && put_row(self, row, pile, text_of(text), 0);
    Py_DECREF(answer);
    return done;
}

/* A plain address as its provider reads it, made of its local part `from`. */
static Text theirs_of(const Row *row, const Domain *domain, const unsigned char *from, unsigned char *room)
{
    Py_ssize_t size = 0, kept = PyBytes_GET_SIZE(domain->kept);
    for (Py_ssize_t place = 0; place < row->at && !(domain->cut && from[place] == '+'); place++)
        if (!domain->dots || from[place] != '.')
            room[size++] = from[place];
    room[size++] = '@';
    memcpy(room + size, PyBytes_AS_STRING(domain->kept), (size_t)kept);
    return (Text){room, size + kept};
}

/* The forms by which duplicates are told: marks of the address, of its small letters, of what its provider reads;
 * and of what the ledger keeps. */
typedef struct {
    Mark exact, small, theirs, kept;
    int folded; /* theirs is another */
} Forms;

static Forms forms_of(const Sieve *self, const Row *row, const Domain *domain)
{
    unsigned char room[LONGEST];
    Text small = {row->small, row->size}, theirs;
    Forms forms = {.exact = row->address, .kept = row->address};
    forms.small = forms.theirs = row->capitals ? mark_of(self, small) : forms.exact;
    if (!domain->kept)
        return forms;
    theirs = theirs_of(row, domain, row->small, room);
    forms.folded = theirs.size != small.size || memcmp(theirs.octets, small.octets, (size_t)small.size);
    if (forms.folded)
        forms.theirs = mark_of(self, theirs);
    forms.kept = forms.theirs;
    if (row->capitals && domain->cased)
        forms.kept = mark_of(self, theirs_of(row, domain, row->exact, room));
    return forms;
}

static int is_known(PyObject *ask, Text address)
{
    PyObject *answer = PyObject_CallFunction(ask, "y#", (const char *)address.octets, address.size);
    int told = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return told;
}

/* Whether an address was erased, as the ledger keeps it or as it came; -1 where something failed. */
static int is_erased(const Row *row, const Domain *domain, PyObject *ask)
{
    unsigned char room[LONGEST];
    Text kept = {row->exact, row->size};
    int told;
    if (ask == Py_None)
        return 0;
    if (domain->kept)
        kept = theirs_of(row, domain, row->capitals && domain->cased ? row->exact : row->small, room);
    told = is_known(ask, kept);
    if (told || !row->capitals || !domain->kept || domain->cased)
        return told;
    return is_known(ask, (Text){row->exact, row->size});
}

/* Whether the ledger has something to say of an address, as it keeps it or as it came. */
static int is_told(const Sieve *self, const Forms *forms)
{
    return flags_of(&self->marks, forms->kept) & TOLD ||
           (!is_same(forms->kept, forms->exact) && flags_of(&self->marks, forms->exact) & TOLD);
}

/* By which notion an address is known, as seen.Seen.find has it. */
static int level_of(const Sieve *self, const Row *row, const Forms *forms)
{
    int exact = flags_of(&self->marks, forms->exact), small = exact, theirs;
    if (exact & EXACT)
        return COPY;
    if (exact & COMPOSED)
        return IS_COMPOSED;
    if (row->capitals)
        small = flags_of(&self->marks, forms->small);
    if (small & (EXACT | RARE))
        return IS_SMALL;
    theirs = forms->folded ? flags_of(&self->marks, forms->theirs) : small;
    return theirs & (EXACT | THEIRS | RARE) ? IS_THEIRS : NEW;
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

/* Whether a text without an @ says where one belongs: by the provider that it ends with, before stops. */
static int ends_with_provider(const Sieve *self, const Row *row)
{
    Py_ssize_t size = row->size;
    while (size && row->small[size - 1] == '.')
        size--;
    for (Py_ssize_t place = 0; place < PyTuple_GET_SIZE(self->endings); place++) {
        PyObject *ending = PyTuple_GET_ITEM(self->endings, place);
        Py_ssize_t length = PyBytes_GET_SIZE(ending);
        if (length <= size && !memcmp(row->small + size - length, PyBytes_AS_STRING(ending), (size_t)length))
            return 1;
    }
    return 0;
}

/* A row that is wrong as many are: 1 where all is well, -1 where Python has to look at it. */
static int look_at_wrong(Sieve *self, const Row *row, Py_ssize_t number, const Asked *asked)
{
    int fine = 1;
    Said *said = said_of(self, number, 0, 0, IS_WRONG, (Text){row->exact, row->size}, asked, &fine);
    if (!said)
        return fine ? -1 : 0;
    return write_row(self, row, said);
}

/* A plain row of a domain that is known: the same. */
static int look_at_plain(Sieve *self, const Row *row, Py_ssize_t number, const Asked *asked)
{
    int repairs = row->shape == DRESSED ? repairs_of(self, row, asked->around) : 0, listed = 0, level, told, fine = 1;
    Said *said = NULL;
    Forms forms;
    if (repairs >= 0 && row->heeded)
        listed = number_of(PyObject_CallFunction(asked->local, "y#", (const char *)row->exact, row->at));
    if (repairs < 0 || listed < 0)
        return repairs == -2 || listed == -2 ? 0 : -1;
    forms = forms_of(self, row, self->domains + number);
    level = level_of(self, row, &forms);
    told = is_told(self, &forms) ? 1 : is_erased(row, self->domains + number, asked->erased);
    if (told < 0)
        return 0;
    if (told)
        return (level == COPY || noted(self, row, &forms)) &&
               ask_stopped(self, row, number, repairs, listed, level, asked->stopped);
    if (repairs || listed || level) {
        said = said_of(self, number, repairs, listed, level, (Text){0}, asked, &fine);
        if (!said)
            return fine ? -1 : 0;
    }
    return (level == COPY || noted(self, row, &forms)) &&
           write_row(self, row, said ? said : &self->domains[number].own);
}

/* A row that is looked at: 1 where all is well. */
static int look_at(Sieve *self, const Row *row, const Asked *asked)
{
    Py_ssize_t number = row->shape == UNCLEAR || row->shape == WITHOUT_AT ? -1 : domain_of(self, row);
    int done = -1;
    if (number == -2)
        return 0;
    if (number >= 0 && !self->domains[number].known && !learnt(self, number, row, asked->domain))
        return 0;
    if ((row->shape == WITHOUT_AT && !ends_with_provider(self, row)) ||
        (row->shape == DOTTED && number >= 0 && self->domains[number].known > 0))
        done = look_at_wrong(self, row, number, asked);
    else if (number >= 0 && self->domains[number].known > 0)
        done = look_at_plain(self, row, number, asked);
    return done < 0 ? ask_row(self, row, asked->row, 1) : done;
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
static int remember_it(Sieve *self, const Row *row, const Asked *asked)
{
    Py_ssize_t number = row->shape == PLAIN && is_named(name_of(row)) ? domain_of(self, row) : -1;
    Forms forms;
    if (number == -2)
        return 0;
    if (number < 0 || self->domains[number].known < 0)
        return ask_row(self, row, asked->row, 0);
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
    part(&self->layout, row, clean);
    row->shape = UNCLEAR;
    if (!row->sure)
        return;
    if (is_plain(row, row->cell))
        row->shape = PLAIN;
    else if (row->fields)
        row->shape = undressed(&self->layout, self->key, row) ? DRESSED : wrong_of(row);
    if (row->shape == UNCLEAR || row->shape == WITHOUT_AT)
        return;
    row->domain = sum_of(self->key, name_of(row));
    SOON(self->numbers + ((size_t)row->domain.one & (self->room - 1)));
    if (row->shape == DOTTED)
        return;
    row->heeded = is_heeded(self, (Text){row->small, row->at});
    row->address = mark_of(self, (Text){row->exact, row->size});
    SOON(self->marks.places + ((size_t)row->address.one & (self->marks.room - 1)));
}

/* The numbers of the domains are there by now: what they stand for is sent for. */
static void send_for_domain(const Sieve *self, const Row *row)
{
    uint32_t number = 0;
    if (row->shape != UNCLEAR && row->shape != WITHOUT_AT)
        number = self->numbers[(size_t)row->domain.one & (self->room - 1)];
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
    if (!PyArg_ParseTuple(given, "y*nnnp(OOOOOOOO)", &raw, &start, &end, &number, &clean, &asked.domain, &asked.more,
                          &asked.wrong, &asked.around, &asked.local, &asked.stopped, &asked.row, &asked.erased))
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

static int count(PyObject *counted, Py_ssize_t number, int is_case, Said *said)
{
    PyObject *each;
    int failed;
    if (!said->rows)
        return 1;
    each = Py_BuildValue("niOnn", number, is_case, said->example ? said->example : Py_None, said->first, said->rows);
    failed = !each || PyList_Append(counted, each) < 0;
    Py_XDECREF(each);
    if (failed)
        return 0;
    Py_CLEAR(said->example);
    said->rows = said->first = 0;
    return 1;
}

/* (domain or case, whether it is a case, example or None, its row, rows) since the last time. */
static PyObject *sieve_counted(Sieve *self, PyObject *none)
{
    PyObject *counted = PyList_New(0);
    for (Py_ssize_t number = 0; counted && number < self->count; number++)
        if (!count(counted, number, 0, &self->domains[number].own))
            Py_CLEAR(counted);
    for (Py_ssize_t number = 0; counted && number < self->cased; number++)
        if (!count(counted, number, 1, &self->cases[number].said))
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
    }
    for (Py_ssize_t number = 0; number < self->cased; number++)
        cleared(&self->cases[number].said);
    for (int pile = 0; pile < PILES; pile++)
        PyMem_RawFree(self->piles[pile].octets);
    PyMem_RawFree(self->domains);
    PyMem_RawFree(self->numbers);
    PyMem_RawFree(self->cases);
    PyMem_RawFree(self->case_numbers);
    PyMem_RawFree(self->dresses.places);
    PyMem_RawFree(self->heeded);
    PyMem_RawFree(self->marks.places);
    Py_CLEAR(self->providers);
    Py_CLEAR(self->endings);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static int are_octets(PyObject *tuple)
{
    for (Py_ssize_t place = 0; place < PyTuple_GET_SIZE(tuple); place++)
        if (!PyBytes_Check(PyTuple_GET_ITEM(tuple, place))) {
            PyErr_SetString(PyExc_TypeError, "bytes are expected");
            return 0;
        }
    return 1;
}

/* Sieve(key, delimiter, column, width, providers, heeded, endings): delimiter is empty where a line is an address. */
static PyObject *sieve_new(PyTypeObject *type, PyObject *given, PyObject *named)
{
    const char *key, *delimiter;
    Py_ssize_t length, parts, column, width;
    PyObject *providers, *heeded, *endings;
    Sieve *self;
    if (!PyArg_ParseTuple(given, "y#y#nnO!OO!", &key, &length, &delimiter, &parts, &column, &width, &PyDict_Type,
                          &providers, &heeded, &PyTuple_Type, &endings) ||
        !are_octets(endings))
        return NULL;
    if (length != 16 || parts > 1 || column < 0) {
        PyErr_SetString(PyExc_ValueError, "a key of 16 octets, a delimiter of one, and a column are expected");
        return NULL;
    }
    if (!(self = (Sieve *)type->tp_alloc(type, 0)))
        return NULL;
    self->key[0] = eight((const unsigned char *)key, 8);
    self->key[1] = eight((const unsigned char *)key + 8, 8);
    self->layout = (Layout){parts ? (unsigned char)delimiter[0] : -1, column, width};
    self->providers = Py_NewRef(providers);
    self->endings = Py_NewRef(endings);
    self->room = self->case_room = 1 << 12;
    self->numbers = PyMem_RawCalloc(self->room, sizeof *self->numbers);
    self->case_numbers = PyMem_RawCalloc(self->case_room, sizeof *self->case_numbers);
    self->dresses.places = PyMem_RawCalloc(2 * DRESSES, sizeof *self->dresses.places);
    int fine = self->numbers && self->case_numbers && self->dresses.places;
    if (!fine)
        PyErr_NoMemory();
    if (!fine || !grown(&self->marks, 1 << 12) || !heed(self, heeded)) {
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
