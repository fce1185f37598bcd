/* The steps of reading that cost most, in C: part of the compiled form alone (hatch_build.py).
 *
 * Each does what a few lines of Python do in the pure form, and does it for text of ASCII alone: for any other it
 * answers None, and the caller does it in Python. tests/compiled holds both against each other, on all samples,
 * on texts made up for it and under AddressSanitizer.
 *
 * Memory: text is read through `at`, which answers -1 outside of it, or between two bounds that were checked; what
 * is made is written through `put`, which stops at the end of its buffer. Nothing is kept between two calls but
 * the names of fields, and no step looks at an octet more than a fixed number of times.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

typedef struct {
    const unsigned char *octets;
    Py_ssize_t size;
} Text;

typedef struct {
    unsigned char *octets;
    Py_ssize_t size, room;
} Made;

static inline int at(Text text, Py_ssize_t place)
{
    return place >= 0 && place < text.size ? text.octets[place] : -1;
}

static inline void put(Made *made, int octet)
{
    if (made->size < made->room)
        made->octets[made->size++] = (unsigned char)octet;
}

/* The text of a str in ASCII; 0 for any other. */
static int ascii(PyObject *given, Text *text)
{
    if (!PyUnicode_Check(given) || !PyUnicode_IS_COMPACT_ASCII(given))
        return 0;
    text->octets = PyUnicode_1BYTE_DATA(given);
    text->size = PyUnicode_GET_LENGTH(given);
    return 1;
}

static int octets(PyObject *given, Text *text)
{
    if (!PyBytes_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "bytes are expected");
        return 0;
    }
    text->octets = (const unsigned char *)PyBytes_AS_STRING(given);
    text->size = PyBytes_GET_SIZE(given);
    return 1;
}

/* From `start` to `end` of a text: never more than there is. */
static Text piece(Text text, Py_ssize_t start, Py_ssize_t end)
{
    Text cut = {text.octets, 0};
    if (end > text.size)
        end = text.size;
    if (start >= 0 && start < end) {
        cut.octets += start;
        cut.size = end - start;
    }
    return cut;
}

/* Where an octet stands next, its end where there is none. */
static inline Py_ssize_t next(Text text, Py_ssize_t start, int octet)
{
    const unsigned char *found;
    if (start < 0 || start >= text.size)
        return text.size;
    found = memchr(text.octets + start, octet, (size_t)(text.size - start));
    return found ? found - text.octets : text.size;
}

static PyObject *str_of(Text text)
{
    PyObject *made = PyUnicode_New(text.size, 127);
    if (made && text.size)
        memcpy(PyUnicode_1BYTE_DATA(made), text.octets, (size_t)text.size);
    return made;
}

/* What an octet of ASCII is. */
enum {
    DIGIT = 1, LETTER = 2, WORD = 4, /* \w of ASCII */
    SPACE = 8,                       /* str.isspace() */
    BLANK = 16,                      /* bytes.isspace() */
    LOCAL = 32,                      /* of what is before the @ of a plain address (parse/mailbox.py) */
    NAME = 64,                       /* [\w.+=~-], before an @ (classify/phrases.py) */
    CODE = 128                       /* begins a code: 2, 4, 5 */
};
static unsigned char kinds[256];
static unsigned char lower[256];

static void tell_kinds(void)
{
    for (int c = 0; c < 256; c++) {
        int digit = c >= '0' && c <= '9', letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        int kind = (digit ? DIGIT : 0) | (letter ? LETTER : 0) | (digit || letter || c == '_' ? WORD : 0);
        if ((c >= 9 && c <= 13) || c == ' ')
            kind |= SPACE | BLANK;
        if (c >= 28 && c <= 31)
            kind |= SPACE;
        if (digit || letter || (c && strchr("!#$%&'*+/=?^_`{|}~.-", c)))
            kind |= LOCAL;
        if ((kind & WORD) || (c && strchr(".+=~-", c)))
            kind |= NAME;
        if (c == '2' || c == '4' || c == '5')
            kind |= CODE;
        kinds[c] = (unsigned char)kind;
        lower[c] = (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
}

static inline int is(int octet, int kind)
{
    return octet >= 0 && (kinds[octet] & kind);
}

/* Codes: retour/codes.py has the pattern, _CODES, and what it means. */

typedef struct {
    Py_ssize_t start, end; /* of the first code */
    Py_ssize_t status;     /* where the enhanced one of a pair starts, -1 without */
    Py_ssize_t stop;       /* of all */
} Code;

/* Whether a code at `start` is no part of a word, path, host or port. */
static int is_free(Text text, Py_ssize_t start)
{
    int before = at(text, start - 1), earlier;
    if (is(before, WORD) || before == '.' || before == '/' || before == '@' || before == '-')
        return 0;
    if (before != ':')
        return 1;
    earlier = at(text, start - 2);
    return !(is(earlier, WORD) || earlier == ']' || earlier == ':');
}

/* Where an enhanced code that starts here ends, from its second dot on: one to three digits and nothing that goes
 * on; -1 for none. */
static Py_ssize_t detail_end(Text text, Py_ssize_t start)
{
    Py_ssize_t end = start;
    int next;
    while (end < start + 3 && is(at(text, end), DIGIT))
        end++;
    next = at(text, end);
    if (end == start || is(next, WORD) || next == '-' || (next == '.' && is(at(text, end + 1), DIGIT)))
        return -1;
    return end;
}

static int has_subject(Text text, Py_ssize_t start) /* [245]\.[0-7]\. */
{
    int subject = at(text, start + 2);
    return is(at(text, start), CODE) && at(text, start + 1) == '.' && subject >= '0' && subject <= '7'
        && at(text, start + 3) == '.';
}

static int separates(int octet, int second)
{
    return octet == ' ' || (second ? octet == '[' || octet == '(' || octet == '#' || octet == '\'' || octet == '"'
                                   : octet == '-' || octet == ':');
}

/* [ \-:]{0,3}[ \[(#'"]{0,3}, then an enhanced code: where that starts; -1 where it is not there. */
static Py_ssize_t status_behind(Text text, Py_ssize_t start)
{
    for (int first = 0; first <= 3; first++) {
        Py_ssize_t here = start + first;
        if (first && !separates(at(text, here - 1), 0))
            break;
        for (int second = 0; second < 3 && separates(at(text, here), 1); second++)
            here++;
        if (has_subject(text, here))
            return detail_end(text, here + 4) < 0 ? -1 : here;
    }
    return -1;
}

static int code_at(Text text, Py_ssize_t start, Code *code)
{
    int first = at(text, start), second = at(text, start + 1), behind;
    if (second == '.') {
        Py_ssize_t end;
        if (!has_subject(text, start) || !is_free(text, start) || (end = detail_end(text, start + 4)) < 0)
            return 0;
        *code = (Code){start, end, -1, end};
        return 1;
    }
    if (first == '2' || second < '0' || second > '5' || !is(at(text, start + 2), DIGIT) || !is_free(text, start))
        return 0;
    behind = at(text, start + 3);
    if (is(behind, WORD) || behind == '.' || behind == '@')
        return 0;
    if (behind == '-' && is(at(text, start + 4), DIGIT) && is(at(text, start + 5), DIGIT))
        return 0;
    *code = (Code){start, start + 3, status_behind(text, start + 3), start + 3};
    if (code->status >= 0)
        code->stop = detail_end(text, code->status + 4);
    return 1;
}

static int next_code(Text text, Py_ssize_t start, Code *code)
{
    for (Py_ssize_t place = start; place < text.size; place++)
        if ((kinds[text.octets[place]] & CODE) && code_at(text, place, code))
            return 1;
    return 0;
}

static int says_expired(Text status) /* x.4.7 */
{
    return status.size >= 4 && !memcmp(status.octets + status.size - 4, ".4.7", 4);
}

static PyObject *pair(Text reply, Text status)
{
    PyObject *first = reply.size ? str_of(reply) : Py_NewRef(Py_None);
    PyObject *second = status.size ? str_of(status) : Py_NewRef(Py_None);
    PyObject *both = first && second ? PyTuple_Pack(2, first, second) : NULL;
    Py_XDECREF(first);
    Py_XDECREF(second);
    return both;
}

static PyObject *codes_in(PyObject *self, PyObject *given)
{
    Text text, reply, status, expired_reply, expired;
    Code code;
    Py_ssize_t place = 0;
    if (!ascii(given, &text))
        Py_RETURN_NONE;
    reply = status = expired_reply = expired = piece(text, 0, 0);
    while (next_code(text, place, &code)) {
        Text said = piece(text, code.start, code.end);
        place = code.stop;
        if (code.status >= 0) {
            Text both = piece(text, code.status, code.stop);
            if (!says_expired(both))
                return pair(said, both);
            if (!expired.size)
                expired_reply = said, expired = both;
        } else if (at(text, code.start + 1) == '.') {
            if (!status.size)
                status = said;
        } else if (!reply.size)
            reply = said;
    }
    return expired.size ? pair(expired_reply, expired) : pair(reply, status);
}

static PyObject *reply_at(PyObject *self, PyObject *given)
{
    Text text;
    Code code;
    Py_ssize_t place = 0, lone = -1;
    if (!ascii(given, &text))
        Py_RETURN_NONE;
    while (next_code(text, place, &code)) {
        if (at(text, code.start + 1) != '.')
            return PyLong_FromSsize_t(code.start);
        if (lone < 0)
            lone = code.start;
        place = code.stop;
    }
    return PyLong_FromSsize_t(lone);
}

/* Words: single spaces; the normal form of classify/phrases.py. */

#define LONGEST 4096 /* classify/phrases.py TEXT_LIMIT, parse/bounds.py WORDS */

static Text made_text(const Made *made)
{
    return (Text){made->octets, made->size};
}

/* " ".join(text.split()), in lower case where that is wanted. */
static void space_out(Text text, int lowered, Made *made)
{
    int due = 0;
    for (Py_ssize_t place = 0; place < text.size; place++) {
        int octet = text.octets[place];
        if (kinds[octet] & SPACE) {
            due = made->size > 0;
            continue;
        }
        if (due) {
            put(made, ' ');
            due = 0;
        }
        put(made, lowered ? lower[octet] : octet);
    }
}

static PyObject *single_spaced(PyObject *self, PyObject *given)
{
    unsigned char room[LONGEST];
    Made made = {room, 0, LONGEST};
    Text text;
    if (!ascii(given, &text) || text.size > LONGEST)
        Py_RETURN_NONE;
    space_out(text, 0, &made);
    return str_of(made_text(&made));
}

/* text.lower() */
static PyObject *lowered(PyObject *self, PyObject *given)
{
    Text text;
    PyObject *made;
    unsigned char *to;
    if (!ascii(given, &text))
        Py_RETURN_NONE;
    if (!(made = PyUnicode_New(text.size, 127)) || !text.size)
        return made;
    to = PyUnicode_1BYTE_DATA(made);
    for (Py_ssize_t place = 0; place < text.size; place++) { /* without a table, so that many go at once */
        unsigned char octet = text.octets[place];
        to[place] = (unsigned char)(octet + ((unsigned char)(octet - 'A') < 26 ? 32 : 0));
    }
    return made;
}

/* Where the address whose first octet this is ends; -1 for none: [\w.+=~-]{1,64}+@[\w.-]{1,255} */
static Py_ssize_t name_end(Text text, Py_ssize_t start)
{
    Py_ssize_t place = start, stop;
    while (place < start + 64 && is(at(text, place), NAME))
        place++;
    if (place == start || at(text, place) != '@')
        return -1;
    stop = ++place;
    while (place < stop + 255 && (is(at(text, place), WORD) || at(text, place) == '.' || at(text, place) == '-'))
        place++;
    return place == stop ? -1 : place;
}

/* Each address as "@". */
static void without_names(Text text, Made *made)
{
    Py_ssize_t place = 0, until = next(text, 0, '@');
    while (place < text.size) {
        Py_ssize_t end = -1;
        if (place > until)
            until = next(text, place, '@');
        if (until - place <= 64 && is(text.octets[place], NAME) && !is(at(text, place - 1), NAME))
            end = name_end(text, place);
        if (end >= 0) {
            put(made, '@');
            place = end;
        } else
            put(made, text.octets[place++]);
    }
}

/* Where a code that a line of a reply repeats ends, with the space behind it; -1 for none: _REPEATED_CODES */
static Py_ssize_t repeated_end(Text text, Py_ssize_t start)
{
    int before = at(text, start - 1), behind = at(text, start + 3);
    Py_ssize_t place = start + 4, end;
    if (is(before, DIGIT) || before == '.')
        return -1;
    if (!is(at(text, start + 1), DIGIT) || !is(at(text, start + 2), DIGIT))
        return -1;
    if (behind != '-' && !(behind == ' ' && is(at(text, place), CODE) && at(text, place + 1) == '.'))
        return -1;
    if (is(at(text, place), CODE) && at(text, place + 1) == '.') {
        end = place + 2;
        while (end < place + 5 && is(at(text, end), DIGIT))
            end++;
        if (end > place + 2 && at(text, end) == '.') {
            Py_ssize_t last = ++end;
            while (end < last + 3 && is(at(text, end), DIGIT))
                end++;
            if (end > last && !is(at(text, end), DIGIT) && at(text, end) != '.')
                place = end;
        }
    }
    return at(text, place) == ' ' ? place + 1 : place;
}

static void without_repeated(Text text, Made *made)
{
    Py_ssize_t place = 0;
    while (place < text.size) {
        Py_ssize_t end = is(text.octets[place], CODE) ? repeated_end(text, place) : -1;
        if (end >= 0)
            place = end;
        else
            put(made, text.octets[place++]);
    }
}

static PyObject *normal(PyObject *self, PyObject *given)
{
    unsigned char rooms[2][LONGEST];
    Made made = {rooms[0], 0, LONGEST}, other = {rooms[1], 0, LONGEST};
    Text text;
    if (!ascii(given, &text))
        Py_RETURN_NONE;
    space_out(piece(text, 0, LONGEST), 1, &made);
    text = made_text(&made);
    if (next(text, 0, '@') < text.size) {
        without_names(text, &other);
        text = made_text(&other);
    }
    if (next(text, 0, '-') < text.size) {
        Made *last = text.octets == rooms[0] ? &other : &made;
        last->size = 0;
        without_repeated(text, last);
        text = made_text(last);
    }
    return str_of(text);
}

/* A plain address: parse/mailbox.py _PLAIN. */
static PyObject *is_plain(PyObject *self, PyObject *given)
{
    Text text;
    Py_ssize_t sign, place;
    int last;
    if (!ascii(given, &text))
        Py_RETURN_FALSE;
    for (sign = 0; is(at(text, sign), LOCAL); sign++)
        ;
    if (sign == 0 || sign > 128 || at(text, sign) != '@' || text.size - sign - 1 > 191)
        Py_RETURN_FALSE;
    for (place = sign + 1; place < text.size; place++) {
        int octet = text.octets[place];
        if (!(kinds[octet] & (DIGIT | LETTER)) && octet != '.' && octet != '-')
            Py_RETURN_FALSE;
    }
    last = at(text, text.size - 1);
    if (is(last, DIGIT | LETTER) || last == '-')
        Py_RETURN_TRUE;
    Py_RETURN_FALSE;
}

/* Octets without the return before each line feed; None where one stands elsewhere (mime/scan.py). */
static PyObject *without_returns(PyObject *self, PyObject *given)
{
    Text text;
    Py_ssize_t place = 0, size = 0, found;
    PyObject *made;
    char *to;
    if (!octets(given, &text))
        return NULL;
    if (!(made = PyBytes_FromStringAndSize(NULL, text.size)))
        return NULL;
    to = PyBytes_AS_STRING(made);
    for (; place < text.size; place = found + 1) {
        found = next(text, place, '\r');
        memcpy(to + size, text.octets + place, (size_t)(found - place)); /* size <= place, found <= text.size */
        size += found - place;
        if (found < text.size && at(text, found + 1) != '\n') {
            Py_DECREF(made);
            Py_RETURN_NONE;
        }
    }
    _PyBytes_Resize(&made, size);
    return made;
}

/* Whether octets begin with a header field: mime/scan.py _FIRST_HEADER. */
static PyObject *begins_field(PyObject *self, PyObject *given)
{
    Text text;
    Py_ssize_t place = 1, end;
    if (!octets(given, &text))
        return NULL;
    if (!is(at(text, 0), LETTER))
        Py_RETURN_FALSE;
    while (place < 76 && (is(at(text, place), WORD) || at(text, place) == '-'))
        place++;
    for (end = place + 3; place < end && (at(text, place) == ' ' || at(text, place) == '\t');)
        place++;
    return PyBool_FromLong(at(text, place) == ':');
}

/* Where the first blank line begins, with the line feed before it; the size of what has none. */
static PyObject *blank_line(PyObject *self, PyObject *given)
{
    Text text;
    Py_ssize_t place;
    if (!octets(given, &text))
        return NULL;
    for (place = next(text, 0, '\n'); place < text.size && at(text, place + 1) != '\n';)
        place = next(text, place + 1, '\n');
    return PyLong_FromSsize_t(place);
}

/* Where the next line begins, with the line feed before it, at which human words may end: parse/divider.py
 * _CANDIDATE. -1 for none, None for a text not of ASCII. */

static int begins(Text text, Py_ssize_t start, const char *const *words)
{
    for (; *words; words++) {
        Text here = piece(text, start, start + (Py_ssize_t)strlen(*words));
        if (here.size == (Py_ssize_t)strlen(*words) && !memcmp(here.octets, *words, (size_t)here.size))
            return 1;
    }
    return 0;
}

static int is_own_field(Text text, Py_ssize_t start) /* -[\w-]{1,40}+: */
{
    Py_ssize_t place = start + 1;
    if (at(text, start) != '-')
        return 0;
    while (place < start + 41 && (is(at(text, place), WORD) || at(text, place) == '-'))
        place++;
    return place > start + 1 && at(text, place) == ':';
}

static int may_divide(Text text, Py_ssize_t start)
{
    static const char *const fields[] = {"rom:", "eply-to:", "o:", "ubject:", "ate:", "kim-signature:",
                                         "essage-id:", "ime-version:", "ontent-type:", NULL};
    static const char *const marks[] = {"--", "return-path:", "received:", "returned ", "the original ",
                                        "the returned ", "the unsent ", "message", "original ", "unsent ",
                                        "body of", "below ", "header", NULL};
    Py_ssize_t place = start;
    int octet = at(text, start);
    if (octet > 0 && strchr("frtsdmcx", octet) && (begins(text, start + 1, fields) || is_own_field(text, start + 1)))
        return 1;
    while (place < start + 8 && (octet == ' ' || octet == '\t' || octet == '>' || octet == '|'))
        octet = at(text, ++place);
    return octet > 0 && strchr("-rtmoubh", octet) && begins(text, place, marks);
}

static PyObject *divider_at(PyObject *self, PyObject *const *given, Py_ssize_t count)
{
    Text text;
    Py_ssize_t place;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "a text and a place are expected");
        return NULL;
    }
    place = PyLong_AsSsize_t(given[1]);
    if (place == -1 && PyErr_Occurred())
        return NULL;
    if (!ascii(given[0], &text))
        Py_RETURN_NONE;
    for (place = next(text, place, '\n'); place < text.size; place = next(text, place + 1, '\n'))
        if (may_divide(text, place + 1))
            return PyLong_FromSsize_t(place);
    return PyLong_FromLong(-1);
}

/* The groups of fields of a report: parse/fields.py groups_of. */

static Text stripped(Text text, int left, int kind)
{
    while (text.size && (kinds[text.octets[text.size - 1]] & kind))
        text.size--;
    while (left && text.size && (kinds[text.octets[0]] & kind))
        text.octets++, text.size--;
    return text;
}

/* Lines that go on, joined to the one before them: \n[ \t]+(?=\S) is a space. */
static void unfold(Text text, Made *made)
{
    for (Py_ssize_t place = 0; place < text.size; place++) {
        if (text.octets[place] == '\n' && (at(text, place + 1) == ' ' || at(text, place + 1) == '\t')) {
            Py_ssize_t behind = place + 1;
            while (at(text, behind) == ' ' || at(text, behind) == '\t')
                behind++;
            if (behind < text.size && !(kinds[text.octets[behind]] & SPACE)) {
                put(made, ' ');
                place = behind - 1;
                continue;
            }
            while (place + 1 < behind)
                put(made, text.octets[place++]);
        }
        put(made, text.octets[place]);
    }
}

static PyObject *name_of(Text text)
{
    PyObject *name = str_of(text);
    if (name)
        for (Py_ssize_t place = 0; place < text.size; place++)
            PyUnicode_1BYTE_DATA(name)[place] = lower[text.octets[place]];
    return name;
}

static PyObject *of_reply, *of_recipient; /* "diagnostic-code", "final-recipient" */

static PyObject *next_group(PyObject *groups, PyObject *group)
{
    int failed = PyList_Append(groups, group) < 0;
    Py_DECREF(group);
    return failed ? NULL : PyDict_New();
}

/* One line; the group that it leaves open, which may be another. NULL where memory ran out. */
static PyObject *take_line(PyObject *groups, PyObject *group, Text line)
{
    int first = at(line, 0), behind = at(line, 3), known;
    Py_ssize_t colon;
    if ((first == '4' || first == '5') && is(at(line, 1), DIGIT) && is(at(line, 2), DIGIT)
        && (behind == ' ' || behind == '-')) {
        PyObject *said = PyDict_GetItemWithError(group, of_reply);
        if (said) {
            PyObject *more = str_of(line), *whole = more ? PyUnicode_FromFormat("%U %U", said, more) : NULL;
            int failed = !whole || PyDict_SetItem(group, of_reply, whole) < 0;
            Py_XDECREF(more);
            Py_XDECREF(whole);
            if (failed)
                Py_CLEAR(group);
            return group;
        }
    }
    colon = next(line, 0, ':');
    if (colon == line.size) {
        if (PyDict_GET_SIZE(group) && !stripped(line, 1, SPACE).size)
            return next_group(groups, group);
        return group;
    }
    PyObject *name = name_of(stripped(piece(line, 0, colon), 0, SPACE));
    PyObject *value = str_of(stripped(piece(line, colon + 1, line.size), 1, SPACE));
    known = name && value ? PyDict_Contains(group, name) : -1;
    if (known == 1 && PyUnicode_Compare(name, of_recipient) == 0) {
        group = next_group(groups, group);
        known = 0;
    }
    if (group && (known < 0 || (known == 0 && PyDict_SetItem(group, name, value) < 0)))
        Py_CLEAR(group);
    Py_XDECREF(name);
    Py_XDECREF(value);
    return group;
}

static PyObject *groups_in(Text text)
{
    PyObject *groups = PyList_New(0), *group = groups ? PyDict_New() : NULL;
    for (Py_ssize_t start = 0; group && start <= text.size;) {
        Py_ssize_t end = next(text, start, '\n');
        group = take_line(groups, group, piece(text, start, end));
        start = end + 1;
    }
    if (!group || PyList_Append(groups, group) < 0)
        Py_CLEAR(groups);
    Py_XDECREF(group);
    return groups;
}

static PyObject *groups_of(PyObject *self, PyObject *given)
{
    Text text;
    PyObject *groups;
    Made made = {NULL, 0, 0};
    if (!ascii(given, &text))
        Py_RETURN_NONE;
    if (!(made.octets = PyMem_Malloc((size_t)text.size + 1)))
        return PyErr_NoMemory();
    made.room = text.size;
    unfold(text, &made);
    groups = groups_in(made_text(&made));
    PyMem_Free(made.octets);
    return groups;
}

/* The usual fields of a head: mime/headers.py. */

typedef struct {
    PyObject_HEAD
    PyObject *names;            /* a tuple of bytes in lower case */
    Py_ssize_t longest, limit;  /* of a name; of a value with the lines that go on with it */
    uint64_t lengths[256];      /* by its first letter: a bit for each length of a name */
} Names;

static int take_names(Names *self, PyObject *names)
{
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(names); index++) {
        Text name;
        if (!octets(PyTuple_GET_ITEM(names, index), &name))
            return 0;
        if (name.size < 1 || name.size > 63) {
            PyErr_SetString(PyExc_ValueError, "a name has 1 to 63 octets");
            return 0;
        }
        self->lengths[name.octets[0]] |= (uint64_t)1 << name.size;
        if (name.size > self->longest)
            self->longest = name.size;
    }
    self->names = Py_NewRef(names);
    return 1;
}

static PyObject *names_new(PyTypeObject *type, PyObject *given, PyObject *keywords)
{
    PyObject *names;
    Py_ssize_t limit;
    Names *self;
    if (!PyArg_ParseTuple(given, "O!n", &PyTuple_Type, &names, &limit))
        return NULL;
    if (!(self = (Names *)type->tp_alloc(type, 0)))
        return NULL;
    self->limit = limit;
    if (!take_names(self, names))
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void names_dealloc(Names *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->names);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

/* The name (borrowed) that a line begins with, NULL for one that nobody asked for. */
static PyObject *name_at(Names *self, Text text, Py_ssize_t start, Py_ssize_t *colon)
{
    int first = at(text, start);
    Py_ssize_t place = start, size;
    if (first < 0 || !self->lengths[lower[first]])
        return NULL;
    while (place <= start + self->longest && place < text.size && text.octets[place] != ':'
           && text.octets[place] != '\n')
        place++;
    size = place - start;
    if (at(text, place) != ':' || size > self->longest || !(self->lengths[lower[first]] >> size & 1))
        return NULL;
    *colon = place;
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(self->names); index++) {
        PyObject *name = PyTuple_GET_ITEM(self->names, index);
        const char *letters = PyBytes_AS_STRING(name);
        Py_ssize_t same = 0;
        if (PyBytes_GET_SIZE(name) != size)
            continue;
        while (same < size && (unsigned char)letters[same] == lower[text.octets[start + same]])
            same++;
        if (same == size)
            return name;
    }
    return NULL;
}

/* A value of several lines on one: b" ".join(value.split()) */
static PyObject *one_line(Text text)
{
    PyObject *line = PyBytes_FromStringAndSize(NULL, text.size);
    Made made;
    int due = 0;
    if (!line)
        return NULL;
    made = (Made){(unsigned char *)PyBytes_AS_STRING(line), 0, text.size};
    for (Py_ssize_t place = 0; place < text.size; place++) {
        if (kinds[text.octets[place]] & BLANK) {
            due = made.size > 0;
            continue;
        }
        if (due)
            put(&made, ' ');
        due = 0;
        put(&made, text.octets[place]);
    }
    _PyBytes_Resize(&line, made.size);
    return line;
}

/* The value behind a colon, and where the next line feed is. */
static PyObject *value_at(Names *self, Text text, Py_ssize_t start, Py_ssize_t *end)
{
    Py_ssize_t first;
    Text value;
    while (at(text, start) == ' ' || at(text, start) == '\t')
        start++;
    first = *end = next(text, start, '\n');
    while (at(text, *end + 1) == ' ' || at(text, *end + 1) == '\t')
        *end = next(text, *end + 1, '\n');
    if (*end > first) {
        Py_ssize_t stop = *end - start > self->limit ? start + self->limit : *end;
        return one_line(piece(text, start, stop));
    }
    value = stripped(piece(text, start, first), 1, BLANK);
    return PyBytes_FromStringAndSize((const char *)value.octets, value.size);
}

static PyObject *names_found_in(Names *self, PyObject *given)
{
    Text text;
    PyObject *found, *name;
    Py_ssize_t place, colon;
    if (!octets(given, &text) || !(found = PyDict_New()))
        return NULL;
    for (place = next(text, 0, '\n'); place < text.size; place = next(text, place, '\n')) {
        if (!(name = name_at(self, text, ++place, &colon)))
            continue;
        PyObject *value = value_at(self, text, colon + 1, &place);
        if (!value || !PyDict_SetDefault(found, name, value)) {
            Py_XDECREF(value);
            Py_DECREF(found);
            return NULL;
        }
        Py_DECREF(value);
    }
    return found;
}

static PyMethodDef names_methods[] = {
    {"found_in", (PyCFunction)names_found_in, METH_O, "The first value of each name, by name."}, {0}};

static PyType_Slot names_slots[] = {
    {Py_tp_new, names_new}, {Py_tp_dealloc, names_dealloc}, {Py_tp_methods, names_methods}, {0}};

static PyType_Spec names_spec = {"retour._swift.Names", sizeof(Names), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, names_slots};

static PyMethodDef functions[] = {
    {"codes_in", codes_in, METH_O, "codes.codes_in"},
    {"reply_at", reply_at, METH_O, "codes.reply_at"},
    {"single_spaced", single_spaced, METH_O, "A text of at most 4 KiB with single spaces"},
    {"lowered", lowered, METH_O, "parse.notice.lowered"},
    {"normal", normal, METH_O, "classify.phrases.normal"},
    {"is_plain", is_plain, METH_O, "parse.mailbox._PLAIN"},
    {"without_returns", without_returns, METH_O, "Octets without the return before each line feed"},
    {"begins_field", begins_field, METH_O, "mime.scan._FIRST_HEADER"},
    {"blank_line", blank_line, METH_O, "mime.headers.blank_line"},
    {"divider_at", (PyCFunction)(void (*)(void))divider_at, METH_FASTCALL, "parse.divider._CANDIDATE"},
    {"groups_of", groups_of, METH_O, "parse.fields.groups_of"},
    {0}};

static int fill(PyObject *module)
{
    PyObject *names;
    int failed;
    tell_kinds();
    of_reply = PyUnicode_InternFromString("diagnostic-code");
    of_recipient = PyUnicode_InternFromString("final-recipient");
    names = of_reply && of_recipient ? PyType_FromModuleAndSpec(module, &names_spec, NULL) : NULL;
    failed = !names || PyModule_AddType(module, (PyTypeObject *)names) < 0;
    Py_XDECREF(names);
    return failed ? -1 : 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "retour._swift", "Steps of reading, in C.", 0,
                                        functions, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__swift(void)
{
    return PyModuleDef_Init(&definition);
}
