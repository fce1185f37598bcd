/* What stands around an address and can be taken off without guessing, as flow/listcheck/dresses.py has it: what
 * that is worth is asked there, once for all addresses with the same around them. */

enum { DRESSES = 1 << 14 }; /* that are remembered, and twice as many places for them */

typedef struct {
    Mark mark;
    int known, repairs; /* known: whether there is one here; repairs: -1 where addresses are not read so */
} Dress;

typedef struct {
    Dress *places;
    Py_ssize_t count;
} Dresses;

/* A line of one column that is written as it stands (dresses.AS_IT_IS). */
static int is_as_it_is(Text cell)
{
    if (!cell.size || among(cell.octets[0], "=+-@\t\r'\","))
        return 0;
    return next(cell, 0, '"') == cell.size && next(cell, 0, ',') == cell.size;
}

/* Words of three letters and more before "<" say nothing but a name (dresses.NAME). */
static int is_name(Text before)
{
    Py_ssize_t letters = 0, last = before.size - 2;
    if (last < 0 || before.octets[last] != ' ' || before.octets[last + 1] != '<')
        return 0;
    for (Py_ssize_t place = 0; place < last; place++) {
        int sign = before.octets[place];
        if (kinds[sign] & (BARE | CAPITAL))
            letters++;
        else if (sign == ' ' && letters >= 3)
            letters = 0;
        else
            return 0;
    }
    return letters >= 3;
}

/* What stands between the halves of an address: its one "@", or its one "(at)" with a space around it. */
static Text between_of(Text cell)
{
    Py_ssize_t middle = next(cell, 0, '@'), start = -1;
    if (middle < cell.size)
        return piece(cell, middle, next(cell, middle + 1, '@') == cell.size ? middle + 1 : middle);
    for (Py_ssize_t place = next(cell, 0, 'a'); place < cell.size; place = next(cell, place + 1, 'a')) {
        if (at(cell, place + 1) != 't' || !among(at(cell, place - 1), "([") || !among(at(cell, place + 2), ")]"))
            continue;
        if (start >= 0)
            return piece(cell, 0, 0);
        start = place - 1;
    }
    if (start < 0)
        return piece(cell, 0, 0);
    middle = start + 4;
    return piece(cell, start - (at(cell, start - 1) == ' '), middle + (at(cell, middle) == ' '));
}

/* The sum of what stands around, the pieces parted by what no line has. */
static Mark dress_of(const uint64_t key[2], const Row *row)
{
    unsigned char around[AROUND + 8];
    const Text pieces[3] = {row->before, row->between, row->behind};
    Py_ssize_t size = 0;
    for (int place = 0; place < 3; place++) {
        memcpy(around + size, pieces[place].octets, (size_t)pieces[place].size);
        size += pieces[place].size;
        around[size++] = '\n';
    }
    return sum_of(key, (Text){around, size});
}

/* Whether a cell holds a plain address in small letters with something around it. */
static int undressed(const Layout *layout, const uint64_t key[2], Row *row)
{
    static const unsigned char a_name[] = "Ann <";
    unsigned char address[LONGEST];
    Text cell = row->cell, between = between_of(cell);
    Py_ssize_t start = between.octets - cell.octets, end = start + between.size, first = start, last = end, size;
    if (!between.size || cell.size > AROUND || (layout->delimiter < 0 && !is_as_it_is(cell)))
        return 0;
    while (first > 0 && kinds[cell.octets[first - 1]] & (BARE | SIGN | DOT))
        first--;
    while (last < cell.size && kinds[cell.octets[last]] & (BARE | SIGN | DOT) && cell.octets[last] != '_')
        last++;
    if (start - first > LOCAL || last - end > DOMAIN || (first && !among(cell.octets[first - 1], " <:(['\"")) ||
        (last < cell.size && !among(cell.octets[last], " >)]\"',;:")))
        return 0;
    memcpy(address, cell.octets + first, (size_t)(start - first));
    size = start - first;
    address[size++] = '@';
    memcpy(address + size, cell.octets + end, (size_t)(last - end));
    if (!is_plain(row, (Text){address, size + last - end}))
        return 0;
    row->before = piece(cell, 0, first);
    row->between = between;
    row->behind = piece(cell, last, cell.size);
    if (is_name(row->before))
        row->before = (Text){a_name, sizeof a_name - 1};
    row->dress = dress_of(key, row);
    return 1;
}

/* The place of what stands around an address, or the free one where it would stand; there is always one. */
static Dress *dress_at(const Dresses *dresses, Mark mark)
{
    size_t place = (size_t)mark.one & (2 * DRESSES - 1);
    while (dresses->places[place].known && !is_same(dresses->places[place].mark, mark))
        place = (place + 1) & (2 * DRESSES - 1);
    return dresses->places + place;
}
