/* What is written, and grows. */

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

static inline int put(Made *made, const void *octets, Py_ssize_t size)
{
    if (!size)
        return 1;
    if (!with_room(made, size))
        return 0;
    memcpy(made->octets + made->size, octets, (size_t)size);
    made->size += size;
    return 1;
}

static inline int put_text(Made *made, Text text)
{
    return put(made, text.octets, text.size);
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
