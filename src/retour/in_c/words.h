/* Words: single spaces; the normal form of classify/phrases.py. */

#define LONGEST 4096 /* classify/phrases.py TEXT_LIMIT, parse/bounds.py WORDS */

/* " ".join(text.split()), in lower case where that is wanted; words are put as wholes. */
static void space_out(Text text, int lowered, Made *made)
{
    for (Py_ssize_t place = 0, end; place < text.size; place = end) {
        Py_ssize_t begin = made->size;
        while (place < text.size && (kinds[text.octets[place]] & SPACE))
            place++;
        for (end = place; end < text.size && !(kinds[text.octets[end]] & SPACE);)
            end++;
        if (end == place)
            return;
        if (begin)
            put(made, ' ');
        begin = made->size;
        put_all(made, text.octets + place, end - place);
        if (lowered)
            lower_all(made->octets + begin, made->size - begin);
    }
}

/* The same of characters that may be any. */
static PyObject *single_spaced_any(PyObject *given)
{
    Py_UCS4 room[LONGEST];
    Py_ssize_t size = PyUnicode_GET_LENGTH(given), made = 0;
    int width = PyUnicode_KIND(given), due = 0;
    const void *from = PyUnicode_DATA(given);
    if (size > LONGEST)
        Py_RETURN_NONE;
    for (Py_ssize_t place = 0; place < size; place++) {
        Py_UCS4 letter = PyUnicode_READ(width, from, place);
        if (Py_UNICODE_ISSPACE(letter)) {
            due = made > 0;
            continue;
        }
        if (due)
            room[made++] = ' '; /* never more than there was white space */
        due = 0;
        room[made++] = letter;
    }
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, room, made);
}

static PyObject *single_spaced(PyObject *self, PyObject *given)
{
    unsigned char room[LONGEST];
    Made made = {room, 0, LONGEST};
    Text text;
    if (!ascii(given, &text))
        return PyUnicode_Check(given) ? single_spaced_any(given) : Py_NewRef(Py_None);
    if (text.size > LONGEST)
        Py_RETURN_NONE;
    space_out(text, 0, &made);
    return str_of(made_text(&made));
}

/* text.lower() of characters that may be any; None where one has no small letter of its own: a capital I with a
 * dot becomes two characters, and a Greek sigma another one at the end of a word. */
static PyObject *lowered_any(PyObject *given)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(given), place;
    int width = PyUnicode_KIND(given);
    const void *from = PyUnicode_DATA(given);
    Py_UCS4 *to = PyMem_New(Py_UCS4, (size_t)size + 1);
    PyObject *made = NULL;
    if (!to)
        return PyErr_NoMemory();
    for (place = 0; place < size; place++) {
        Py_UCS4 letter = PyUnicode_READ(width, from, place);
        if (letter == 0x130 || letter == 0x3A3)
            break;
        to[place] = letter < 128 ? lower[letter] : Py_UNICODE_TOLOWER(letter);
    }
    made = place < size ? Py_NewRef(Py_None) : PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, to, size);
    PyMem_Free(to);
    return made;
}

/* text.lower() */
static PyObject *lowered(PyObject *self, PyObject *given)
{
    Text text;
    PyObject *made;
    if (!ascii(given, &text))
        return PyUnicode_Check(given) ? lowered_any(given) : Py_NewRef(Py_None);
    if ((made = str_of(text)))
        lower_all(PyUnicode_1BYTE_DATA(made), text.size);
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
        if (until == text.size) {
            put_all(made, text.octets + place, text.size - place);
            return;
        }
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

/* Phrases that are looked for in a text: parse/phrases.py says. */

typedef struct {
    uint64_t first[128], second[128]; /* by octet: a bit for each phrase that has it there */
    Text phrases[64];
} Sought;

/* Not where there are too many, or one is too short or not of ASCII. */
static int take_phrases(PyObject *given, Sought *sought)
{
    if (!PyTuple_Check(given) || PyTuple_GET_SIZE(given) > 64)
        return 0;
    memset(sought->first, 0, sizeof sought->first);
    memset(sought->second, 0, sizeof sought->second);
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(given); index++) {
        Text *phrase = &sought->phrases[index];
        if (!ascii(PyTuple_GET_ITEM(given, index), phrase) || phrase->size < 2)
            return 0;
        sought->first[phrase->octets[0]] |= (uint64_t)1 << index;
        sought->second[phrase->octets[1]] |= (uint64_t)1 << index;
    }
    return 1;
}

static int one_stands_at(const Sought *sought, Text text, Py_ssize_t start, uint64_t fitting)
{
    for (int index = 0; fitting; index++, fitting >>= 1) {
        Text phrase = sought->phrases[index];
        if ((fitting & 1) && phrase.size <= text.size - start
            && !memcmp(text.octets + start, phrase.octets, (size_t)phrase.size))
            return 1;
    }
    return 0;
}

static PyObject *says(PyObject *self, PyObject *const *given, Py_ssize_t count)
{
    Sought sought;
    Text text;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "phrases and a text are expected");
        return NULL;
    }
    if (!ascii(given[1], &text) || !take_phrases(given[0], &sought))
        Py_RETURN_NONE;
    for (Py_ssize_t place = 0; place + 1 < text.size; place++) {
        uint64_t fitting = sought.first[text.octets[place]] & sought.second[text.octets[place + 1]];
        if (fitting && one_stands_at(&sought, text, place, fitting))
            Py_RETURN_TRUE;
    }
    Py_RETURN_FALSE;
}
