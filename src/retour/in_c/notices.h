/* Notices: where their words end, and the fields of their reports. */

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

/* Lines that go on, joined to the one before them: \n[ \t]+(?=\S) is a space. */
static void unfold(Text text, Made *made)
{
    for (Py_ssize_t place = 0; place < text.size;) {
        Py_ssize_t end = next(text, place, '\n'), behind = end + 1;
        put_all(made, text.octets + place, end - place);
        while (at(text, behind) == ' ' || at(text, behind) == '\t')
            behind++;
        if (behind > end + 1 && behind < text.size && !(kinds[text.octets[behind]] & SPACE)) {
            put(made, ' ');
            place = behind;
        } else {
            if (end < text.size)
                put(made, '\n');
            place = end + 1;
        }
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
