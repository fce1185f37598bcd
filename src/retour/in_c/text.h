/* What is made of texts and octets. */

#include "bounds.h"

static inline void put(Made *made, int octet)
{
    if (made->size < made->room)
        made->octets[made->size++] = (unsigned char)octet;
}

/* As much of a text as there is room for. */
static inline void put_all(Made *made, const unsigned char *from, Py_ssize_t size)
{
    if (size > made->room - made->size)
        size = made->room - made->size;
    if (size > 0) {
        memcpy(made->octets + made->size, from, (size_t)size);
        made->size += size;
    }
}

static Text made_text(const Made *made)
{
    return (Text){made->octets, made->size};
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

static int among(int octet, const char *others)
{
    return octet > 0 && strchr(others, octet);
}

/* In its place; without a table, so that many octets go at once. */
static void lower_all(unsigned char *octets, Py_ssize_t size)
{
    for (Py_ssize_t place = 0; place < size; place++) {
        unsigned char octet = octets[place];
        octets[place] = (unsigned char)(octet + ((unsigned char)(octet - 'A') < 26 ? 32 : 0));
    }
}

static Text stripped(Text text, int left, int kind)
{
    while (text.size && (kinds[text.octets[text.size - 1]] & kind))
        text.size--;
    while (left && text.size && (kinds[text.octets[0]] & kind))
        text.octets++, text.size--;
    return text;
}
