/* Bodies: how they are written, and where they are cut: mime/scan.py, mime/encoded.py. */

/* What a Content-Type says: mime/scan.py. */

/* _MEDIA_TYPE, in lower case; None for none. */
static PyObject *media_type(PyObject *self, PyObject *given)
{
    unsigned char room[141];
    Made made = {room, 0, sizeof room};
    Text text;
    Py_ssize_t slash, end;
    if (!octets(given, &text))
        return NULL;
    for (slash = 0; slash < 60 && (is(at(text, slash), WORD) || among(at(text, slash), "!#$&^.+-")); slash++)
        ;
    if (!slash || at(text, slash) != '/')
        Py_RETURN_NONE;
    end = slash + 1;
    while (end < slash + 81 && (is(at(text, end), WORD) || among(at(text, end), "!#$&^.+-")))
        end++;
    if (end == slash + 1)
        Py_RETURN_NONE;
    for (Py_ssize_t place = 0; place < end; place++)
        put(&made, lower[text.octets[place]]);
    return PyBytes_FromStringAndSize((const char *)made.octets, made.size);
}

/* Behind the next such name and its sign of equality; -1 for none. */
static Py_ssize_t behind_name(Text text, Py_ssize_t start, const char *name, Py_ssize_t size)
{
    for (; start + size < text.size; start++) {
        Py_ssize_t place = start, same = 0;
        while (same < size && lower[text.octets[start + same]] == (unsigned char)name[same])
            same++;
        if (same < size)
            continue;
        for (place += size; at(text, place) == ' ' || at(text, place) == '\t';)
            place++;
        if (at(text, place) != '=')
            continue;
        for (place++; at(text, place) == ' ' || at(text, place) == '\t';)
            place++;
        return place;
    }
    return -1;
}

/* A boundary (in quotes, or to the next blank or semicolon) whose first octet stands here; none is empty. */
static Text boundary_at(Text text, Py_ssize_t start)
{
    int quoted = at(text, start) == '"';
    Py_ssize_t begin = start + quoted, end = begin;
    while (end < begin + 200 && end < text.size && text.octets[end] != '"'
           && (quoted ? text.octets[end] != '\n' : text.octets[end] != ';' && !is(text.octets[end], BLANK)))
        end++;
    return quoted && at(text, end) != '"' ? piece(text, 0, 0) : piece(text, begin, end);
}

/* The same of a charset: what its name may be made of, behind a quote of either kind or without. */
static Text charset_at(Text text, Py_ssize_t start)
{
    Py_ssize_t begin = start + (at(text, start) == '"' || at(text, start) == '\''), end = begin;
    while (end < begin + 40 && (is(at(text, end), WORD) || among(at(text, end), ":.-")))
        end++;
    return piece(text, begin, end);
}

static PyObject *parameter(PyObject *given, const char *name, Py_ssize_t size, Text (*value_at)(Text, Py_ssize_t))
{
    Text text, value = {NULL, 0};
    Py_ssize_t place = 0;
    if (!octets(given, &text))
        return NULL;
    while (!value.size && (place = behind_name(text, place, name, size)) >= 0)
        value = value_at(text, place);
    return PyBytes_FromStringAndSize((const char *)value.octets, value.size);
}

static PyObject *boundary(PyObject *self, PyObject *given)
{
    return parameter(given, "boundary", 8, boundary_at);
}

static PyObject *charset(PyObject *self, PyObject *given)
{
    return parameter(given, "charset", 7, charset_at);
}

/* Quoted-printable, as binascii.a2b_qp reads it, without returns: mime/encoded.py unquoted. */

static int digit_of(int octet)
{
    if (is(octet, DIGIT))
        return octet - '0';
    octet = octet < 0 ? 0 : lower[octet];
    return octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : -1;
}

/* What stands behind a sign of equality; where the text goes on. */
static Py_ssize_t unquote(Text text, Py_ssize_t place, Made *made)
{
    int first = at(text, place), high, low;
    if (first == '\n' || first == '\r') {
        place = next(text, place, '\n');
        return place < text.size ? place + 1 : place;
    }
    if (first == '=') {
        put(made, '=');
        return place + 1;
    }
    high = digit_of(first);
    low = digit_of(at(text, place + 1));
    if (high < 0 || low < 0) {
        if (first >= 0)
            put(made, '=');
        return place;
    }
    if (high * 16 + low != '\r')
        put(made, high * 16 + low);
    return place + 2;
}

static void put_without_returns(Text text, Made *made)
{
    for (Py_ssize_t place = 0, end; place < text.size; place = end + 1) {
        end = next(text, place, '\r');
        put_all(made, text.octets + place, end - place);
    }
}

static PyObject *unquoted(PyObject *self, PyObject *given)
{
    Text text;
    Made made;
    PyObject *whole;
    if (!octets(given, &text) || !(whole = PyBytes_FromStringAndSize(NULL, text.size)))
        return NULL;
    made = (Made){(unsigned char *)PyBytes_AS_STRING(whole), 0, text.size};
    for (Py_ssize_t place = 0; place < text.size;) {
        Py_ssize_t sign = next(text, place, '=');
        put_without_returns(piece(text, place, sign), &made);
        place = sign < text.size ? unquote(text, sign + 1, &made) : sign;
    }
    _PyBytes_Resize(&whole, made.size);
    return whole;
}

/* The text of octets of ASCII without an escape; None for others: mime/encoded.py decode_text. */
static PyObject *ascii_text(PyObject *self, PyObject *given)
{
    Text text;
    unsigned char all = 0, escaped = 0;
    if (!octets(given, &text))
        return NULL;
    for (Py_ssize_t place = 0; place < text.size; place++) {
        all |= text.octets[place];
        escaped |= text.octets[place] == 27;
    }
    return all > 127 || escaped ? Py_NewRef(Py_None) : str_of(text);
}

/* 0; -1 where memory ran out, and then the list is gone. */
static int append_octets(PyObject *list, Text text)
{
    PyObject *made = PyBytes_FromStringAndSize((const char *)text.octets, text.size);
    int failed = !made || PyList_Append(list, made) < 0;
    Py_XDECREF(made);
    if (failed)
        Py_DECREF(list);
    return failed ? -1 : 0;
}

/* raw.split(delimiter, most), of a delimiter that is not empty: mime/scan.py pieces_of. */
static PyObject *pieces_of(PyObject *self, PyObject *const *given, Py_ssize_t count)
{
    Text text, delimiter;
    Py_ssize_t start = 0, place, most;
    PyObject *pieces;
    if (count != 3) {
        PyErr_SetString(PyExc_TypeError, "two texts of octets and a number are expected");
        return NULL;
    }
    if (!octets(given[0], &text) || !octets(given[1], &delimiter))
        return NULL;
    most = PyLong_AsSsize_t(given[2]);
    if ((most == -1 && PyErr_Occurred()) || !(pieces = PyList_New(0)))
        return NULL;
    place = delimiter.size ? next(text, 0, delimiter.octets[0]) : text.size;
    while (place + delimiter.size <= text.size && most > 0) {
        if (!memcmp(text.octets + place, delimiter.octets, (size_t)delimiter.size)) {
            if (append_octets(pieces, piece(text, start, place)) < 0)
                return NULL;
            start = place + delimiter.size;
            most--;
        }
        place = next(text, place < start ? start : place + 1, delimiter.octets[0]);
    }
    return append_octets(pieces, piece(text, start, text.size)) < 0 ? NULL : pieces;
}
