/* Heads, and the lines that they are of: mime/headers.py, mime/scan.py. */

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

/* raw.count(b"\n") */
static PyObject *line_feeds(PyObject *self, PyObject *given)
{
    Text text;
    Py_ssize_t found = 0;
    if (!octets(given, &text))
        return NULL;
    for (Py_ssize_t place = next(text, 0, '\n'); place < text.size; place = next(text, place + 1, '\n'))
        found++;
    return PyLong_FromSsize_t(found);
}

/* The text of octets of ASCII without encoded words; None for others: mime/headers.py as_text. */
static PyObject *plain_text(PyObject *self, PyObject *given)
{
    Text text;
    if (!octets(given, &text))
        return NULL;
    for (Py_ssize_t place = 0; place < text.size; place++)
        if (text.octets[place] > 127 || (text.octets[place] == '=' && at(text, place + 1) == '?'))
            Py_RETURN_NONE;
    return str_of(text);
}

/* Whether some octets stand in others: mime/headers.py holds. */
static PyObject *holds(PyObject *self, PyObject *const *given, Py_ssize_t count)
{
    Text text, sought;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "two texts of octets are expected");
        return NULL;
    }
    if (!octets(given[0], &text) || !octets(given[1], &sought))
        return NULL;
    if (!sought.size)
        Py_RETURN_TRUE;
    for (Py_ssize_t place = next(text, 0, sought.octets[0]); place + sought.size <= text.size;
         place = next(text, place + 1, sought.octets[0]))
        if (!memcmp(text.octets + place, sought.octets, (size_t)sought.size))
            Py_RETURN_TRUE;
    Py_RETURN_FALSE;
}

/* The usual fields of a head: mime/headers.py. */

typedef struct {
    PyObject_HEAD
    PyObject *names;            /* a tuple of bytes in lower case */
    Py_ssize_t limit;                  /* of a value with the lines that go on with it */
    uint64_t first[256], second[256];  /* by letter: a bit for each name that has it there */
} Names;

static int take_names(Names *self, PyObject *names)
{
    if (PyTuple_GET_SIZE(names) > 64) {
        PyErr_SetString(PyExc_ValueError, "at most 64 names are looked for");
        return 0;
    }
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(names); index++) {
        Text name;
        if (!octets(PyTuple_GET_ITEM(names, index), &name))
            return 0;
        if (name.size < 2) {
            PyErr_SetString(PyExc_ValueError, "a name has at least two octets");
            return 0;
        }
        self->first[name.octets[0]] |= (uint64_t)1 << index;
        self->second[name.octets[1]] |= (uint64_t)1 << index;
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

/* Where a line that begins with this name has its colon; -1 for another name. */
static Py_ssize_t colon_of(PyObject *name, Text text, Py_ssize_t start)
{
    const char *letters = PyBytes_AS_STRING(name);
    Py_ssize_t size = PyBytes_GET_SIZE(name), same = 2;
    if (at(text, start + size) != ':')
        return -1;
    while (same < size && (unsigned char)letters[same] == lower[text.octets[start + same]])
        same++;
    return same == size ? start + size : -1;
}

/* The name (borrowed) that a line begins with, NULL for one that nobody asked for. */
static PyObject *name_at(Names *self, Text text, Py_ssize_t start, Py_ssize_t *colon)
{
    uint64_t fitting;
    if (start + 1 >= text.size)
        return NULL;
    fitting = self->first[lower[text.octets[start]]] & self->second[lower[text.octets[start + 1]]];
    for (Py_ssize_t index = 0; fitting; index++, fitting >>= 1) {
        PyObject *name = PyTuple_GET_ITEM(self->names, index);
        if ((fitting & 1) && (*colon = colon_of(name, text, start)) >= 0)
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
