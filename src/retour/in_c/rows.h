/* A row of a list: its cell, and what of it is plain, or is when something around it is taken off. */

enum { LOCAL = 31, DOMAIN = 63, LONGEST = LOCAL + 1 + DOMAIN, RECORD = 64 * 1024 };
enum { WRONG = 64, AROUND = 500 }; /* octets of a cell that is wrong as many are; of one with something around */

typedef struct {
    int delimiter; /* -1 where a line is an address */
    Py_ssize_t column, width;
} Layout;

/* What is known of a row by itself. All but the first are certain. */
enum { UNCLEAR, PLAIN, DRESSED, WITHOUT_AT, DOTTED };

typedef struct {
    Text line, cell;
    Py_ssize_t row, fields; /* of the line, 0 where they are not certain */
    Py_ssize_t guards;      /* fields that a spreadsheet may run; -1 where they were not counted */
    int sure, shape;
    Text before, between, behind; /* around the address and between its halves, of one that is dressed */
    Mark dress;                   /* what they are told by */
    Py_ssize_t at, size;          /* of the address, where it has a shape; `at` is -1 without an @ */
    int capitals, heeded;         /* of its local part; whether a list may name that */
    Mark address, domain;
    unsigned char small[LONGEST], exact[LONGEST]; /* in small letters; with the domain in small letters */
} Row;

/* SIGN: a digit, "_" or "-"; BARE: a small letter, what is left of a local part in lists. */
enum { SIGN = 1, DOT = 2, CAPITAL = 4, BARE = 8, PLUS = 16, OTHER = 32 };
static unsigned char kinds[256], lower[256];

static void tell_kinds(void)
{
    for (int c = 0; c < 256; c++) {
        int capital = c >= 'A' && c <= 'Z';
        lower[c] = (unsigned char)(capital ? c + 32 : c);
        kinds[c] = OTHER;
        if ((c >= '0' && c <= '9') || c == '_' || c == '-')
            kinds[c] = SIGN;
        else if (c == '.')
            kinds[c] = DOT;
        else if (c == '+')
            kinds[c] = PLUS;
        else if (capital)
            kinds[c] = CAPITAL;
        else if (c >= 'a' && c <= 'z')
            kinds[c] = BARE;
    }
}

static inline int among(int octet, const char *others)
{
    return octet > 0 && strchr(others, octet);
}

/* Whether a spreadsheet may run what begins here, as flow/listcheck/written.py has it. */
static inline int is_run(const Layout *layout, Text line, Py_ssize_t place)
{
    int sign;
    if (at(line, place) == '"')
        place++;
    while (at(line, place) == '\'')
        place++;
    sign = at(line, place);
    return sign == '=' || sign == '+' || sign == '-' || sign == '@' || sign == '\r' ||
           (sign == '\t' && layout->delimiter != '\t');
}

/* Signs that a spreadsheet may run are guarded at each delimiter, in quotation marks too. */
static Py_ssize_t guards_of(const Layout *layout, Text line)
{
    Py_ssize_t guards = is_run(layout, line, 0);
    for (Py_ssize_t place = next(line, 0, layout->delimiter); place < line.size;
         place = next(line, place + 1, layout->delimiter))
        guards += is_run(layout, line, place + 1);
    return guards;
}

/* Parts a line into its fields. Its cell is sure where quotation marks stand around whole fields alone. */
static void part(const Layout *layout, Row *row, int clean)
{
    Text line = row->line;
    int d = layout->delimiter, quoted = next(line, 0, '"') < line.size;
    row->cell = (Text){line.octets, 0};
    row->sure = 0;
    row->guards = d < 0 ? 0 : -(Py_ssize_t)quoted;
    row->fields = 0;
    if (line.size > RECORD)
        return;
    if (!clean)
        for (Py_ssize_t place = 0; place < line.size; place++)
            if (line.octets[place] > 127)
                return;
    if (d < 0) {
        row->cell = line;
        row->sure = 1;
        row->fields = clean;
        return;
    }
    for (Py_ssize_t start = 0, end;; start = end + 1) {
        int marks = at(line, start) == '"';
        row->guards += !quoted && is_run(layout, line, start);
        if (marks) {
            end = next(line, start + 1, '"') + 1;
            if (end > line.size || (end < line.size && line.octets[end] != d))
                return;
        } else {
            end = next(line, start, d);
            if (quoted && next(line, start, '"') < end)
                return;
        }
        if (row->fields++ == layout->column)
            row->cell = marks ? piece(line, start + 1, end - 1) : piece(line, start, end);
        if (end >= line.size)
            break;
    }
    row->sure = row->fields > layout->column;
    if (!clean || row->fields != layout->width)
        row->fields = 0;
}

/* Takes over an address, in small letters too. `shape`: which kinds of signs its halves have. */
static void take_over(Row *row, Text cell, Py_ssize_t middle, int shape[2])
{
    for (Py_ssize_t place = 0; place < cell.size; place++) {
        int sign = cell.octets[place];
        shape[place > middle] |= place == middle ? 0 : kinds[sign];
        row->small[place] = lower[sign];
        row->exact[place] = place < middle ? (unsigned char)sign : lower[sign];
    }
    row->at = middle;
    row->size = cell.size;
    row->capitals = (shape[0] & CAPITAL) != 0;
}

/* Whether no dot of a local part stands at its ends or beside another one. */
static int is_dotted_well(Text local)
{
    int last = '.';
    for (Py_ssize_t place = 0; place < local.size; place++) {
        if (local.octets[place] == '.' && last == '.')
            return 0;
        last = local.octets[place];
    }
    return last != '.';
}

/* Whether this is a plain address: of letters, digits, "_", "-", "+" and single dots. */
static int is_plain(Row *row, Text cell)
{
    Py_ssize_t middle = next(cell, 0, '@');
    int shape[2] = {0, 0}, first = at(cell, 0);
    if (middle > LOCAL || middle + 1 >= cell.size || cell.size - middle - 1 > DOMAIN)
        return 0;
    take_over(row, cell, middle, shape);
    if (shape[0] & OTHER || shape[1] & (OTHER | PLUS) || first == '-' || first == '+')
        return 0;
    return is_dotted_well(piece(cell, 0, middle));
}

/* What is wrong in one way alone (flow/listcheck/singly.py): without an @, or with a dot too many before it. */
static int wrong_of(Row *row)
{
    Text cell = row->cell, local;
    Py_ssize_t middle = next(cell, 0, '@'), first_letter = 0;
    int shape[2] = {0, 0}, first = at(cell, 0);
    if (!cell.size || cell.size > WRONG || first == '-')
        return UNCLEAR;
    take_over(row, cell, middle, shape);
    if ((shape[0] | shape[1]) & (OTHER | PLUS))
        return UNCLEAR;
    if (middle == cell.size) {
        row->at = -1;
        return first == '.' ? UNCLEAR : WITHOUT_AT;
    }
    local = piece(cell, 0, middle);
    if (!middle || middle + 1 == cell.size || cell.size - middle - 1 > DOMAIN || shape[1] & CAPITAL)
        return UNCLEAR;
    while (first_letter < local.size && local.octets[first_letter] == '.')
        first_letter++;
    if (is_dotted_well(local) || first_letter == local.size || local.octets[first_letter] == '-')
        return UNCLEAR; /* what would be proposed is none, or a spreadsheet runs it */
    return DOTTED;
}
