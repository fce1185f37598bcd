/* Texts within their bounds: nothing is read before they begin or behind their end. */

typedef struct {
    const unsigned char *octets;
    Py_ssize_t size;
} Text;

/* Octets that are made, and how many there is room for. */
typedef struct {
    unsigned char *octets;
    Py_ssize_t size, room;
} Made;

/* The octet at a place; -1 outside. */
static inline int at(Text text, Py_ssize_t place)
{
    return place >= 0 && place < text.size ? text.octets[place] : -1;
}

/* From `start` to `end` of a text: never more than there is. */
static inline Text piece(Text text, Py_ssize_t start, Py_ssize_t end)
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
