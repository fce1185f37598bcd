/* Values with names, as typing.NamedTuple makes their types: made without the lines of Python that it has for it. */

typedef struct {
    PyTypeObject *type;
    PyObject *fields, *defaults; /* of the last of the fields */
} Noun;

static Noun nouns[16];
static int nouns_known;

static const Noun *noun_of(PyObject *type)
{
    for (int index = 0; index < nouns_known; index++)
        if ((PyObject *)nouns[index].type == type)
            return &nouns[index];
    return NULL;
}

/* As any other type does it; what is wrong is said there. */
static PyObject *noun_by_python(PyObject *type, PyObject *const *given, Py_ssize_t places, PyObject *named)
{
    PyObject *made = NULL, *values = PyTuple_New(places), *by_name = PyDict_New();
    int failed = !values || !by_name;
    for (Py_ssize_t index = 0; !failed && index < places; index++)
        PyTuple_SET_ITEM(values, index, Py_NewRef(given[index]));
    for (Py_ssize_t index = 0; !failed && named && index < PyTuple_GET_SIZE(named); index++)
        failed = PyDict_SetItem(by_name, PyTuple_GET_ITEM(named, index), given[places + index]) < 0;
    if (!failed)
        made = PyType_Type.tp_call(type, values, by_name);
    Py_XDECREF(values);
    Py_XDECREF(by_name);
    return made;
}

/* Fills in what is given by name; 0 for a name that there is not, or not any more. */
static int take_named(const Noun *noun, PyObject *made, PyObject *const *given, PyObject *named)
{
    Py_ssize_t size = PyTuple_GET_SIZE(noun->fields), place = 0;
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(named); index++) {
        PyObject *name = PyTuple_GET_ITEM(named, index);
        for (place = 0; place < size && PyTuple_GET_ITEM(noun->fields, place) != name;)
            place++;
        if (place == size || PyTuple_GET_ITEM(made, place))
            return 0;
        PyTuple_SET_ITEM(made, place, Py_NewRef(given[index]));
    }
    return 1;
}

static int take_defaults(const Noun *noun, PyObject *made)
{
    Py_ssize_t size = PyTuple_GET_SIZE(noun->fields), needed = size - PyTuple_GET_SIZE(noun->defaults);
    for (Py_ssize_t place = 0; place < size; place++) {
        if (PyTuple_GET_ITEM(made, place))
            continue;
        if (place < needed)
            return 0;
        PyTuple_SET_ITEM(made, place, Py_NewRef(PyTuple_GET_ITEM(noun->defaults, place - needed)));
    }
    return 1;
}

static PyObject *noun_made(PyObject *type, PyObject *const *given, size_t flags, PyObject *named)
{
    const Noun *noun = noun_of(type);
    Py_ssize_t places = PyVectorcall_NARGS(flags);
    PyObject *made;
    if (!noun || places > PyTuple_GET_SIZE(noun->fields))
        return noun_by_python(type, given, places, named);
    if (!(made = noun->type->tp_alloc(noun->type, PyTuple_GET_SIZE(noun->fields))))
        return NULL;
    for (Py_ssize_t place = 0; place < places; place++)
        PyTuple_SET_ITEM(made, place, Py_NewRef(given[place]));
    if ((!named || take_named(noun, made, given + places, named)) && take_defaults(noun, made))
        return made;
    Py_DECREF(made);
    return noun_by_python(type, given, places, named);
}

/* The defaults that a named tuple has, in order; NULL with an error for what is none. */
static PyObject *defaults_of(PyObject *type, PyObject *fields)
{
    PyObject *by_name = PyObject_GetAttrString(type, "_field_defaults"), *defaults = NULL;
    Py_ssize_t size, count;
    if (by_name && PyDict_Check(by_name) && PyTuple_Check(fields)) {
        size = PyTuple_GET_SIZE(fields);
        count = PyDict_GET_SIZE(by_name);
        defaults = count <= size ? PyTuple_New(count) : NULL;
        for (Py_ssize_t index = 0; defaults && index < count; index++) {
            PyObject *value = PyDict_GetItemWithError(by_name, PyTuple_GET_ITEM(fields, size - count + index));
            if (value)
                PyTuple_SET_ITEM(defaults, index, Py_NewRef(value));
            else
                Py_CLEAR(defaults);
        }
    }
    Py_XDECREF(by_name);
    if (!defaults && !PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "a named tuple is expected");
    return defaults;
}

/* From now on values of this type are made here. */
static PyObject *quickly_made(PyObject *self, PyObject *type)
{
    PyObject *fields, *defaults;
    if (!PyType_Check(type) || !PyType_IsSubtype((PyTypeObject *)type, &PyTuple_Type)) {
        PyErr_SetString(PyExc_TypeError, "a named tuple is expected");
        return NULL;
    }
    if (noun_of(type) || nouns_known == (int)(sizeof nouns / sizeof *nouns))
        Py_RETURN_NONE;
    if (!(fields = PyObject_GetAttrString(type, "_fields")))
        return NULL;
    if (!(defaults = defaults_of(type, fields))) {
        Py_DECREF(fields);
        return NULL;
    }
    nouns[nouns_known++] = (Noun){(PyTypeObject *)Py_NewRef(type), fields, defaults};
    ((PyTypeObject *)type)->tp_vectorcall = noun_made;
    Py_RETURN_NONE;
}
