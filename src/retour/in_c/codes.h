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
