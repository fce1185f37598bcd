/* The steps of reading that cost most, in C: part of the compiled form alone (hatch_build.py); in_c/ has them.
 *
 * Each does what a few lines of Python do in the pure form, nearly all for text of ASCII alone: for any other they
 * answer None, and the caller does it in Python. tests/compiled holds both against each other, on all samples,
 * on texts made up for it and under AddressSanitizer.
 *
 * Memory: text is read through `at`, which answers -1 outside of it, or between two bounds that were checked; what
 * is made is written through `put` and `put_all`, which stop at the end of its buffer. Nothing is kept between two
 * calls but the names of fields and the types of nouns, and no step looks at an octet more than a fixed number of
 * times.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "in_c/text.h"

#include "in_c/bodies.h"
#include "in_c/codes.h"
#include "in_c/heads.h"
#include "in_c/nouns.h"
#include "in_c/notices.h"
#include "in_c/words.h"

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
    {"says", (PyCFunction)(void (*)(void))says, METH_FASTCALL, "parse.phrases.says"},
    {"media_type", media_type, METH_O, "mime.scan._MEDIA_TYPE"},
    {"boundary", boundary, METH_O, "mime.scan._BOUNDARY"},
    {"charset", charset, METH_O, "mime.scan._CHARSET"},
    {"unquoted", unquoted, METH_O, "mime.encoded.unquoted"},
    {"holds", (PyCFunction)(void (*)(void))holds, METH_FASTCALL, "mime.headers.holds"},
    {"ascii_text", ascii_text, METH_O, "mime.encoded.decode_text"},
    {"line_feeds", line_feeds, METH_O, "The number of line feeds"},
    {"pieces_of", (PyCFunction)(void (*)(void))pieces_of, METH_FASTCALL, "mime.scan.pieces_of"},
    {"plain_text", plain_text, METH_O, "mime.headers.as_text"},
    {"quickly_made", quickly_made, METH_O, "A type of named tuples, whose values are made here from now on"},
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
