/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/printer.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char lines[64 * 1024]; /* of 64 bytes each */

static void fill(void)
{
    memset(lines, 'x', sizeof lines);
    for (size_t i = 63; i < sizeof lines; i += 64)
        lines[i] = '\n';
}

static void print(leat_printer *printer, const char *data, size_t size)
{
    leat_printer_print(printer, 1, LEAT_BYTES("out"), leat_bytes_of(data, size));
}

Test(printer, writes_lines_in_order_and_all_of_them_before_it_stops)
{
    int ends[2];
    leat_printer *printer = NULL;
    leat_error err;
    char seen[64] = "";
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(leat_printer_start(ends[1], &printer, &err), LEAT_OK);

    print(printer, "a\n", 2);
    print(printer, "b\nc\n", 4);
    leat_printer_stop(&printer);

    cr_assert_eq(read(ends[0], seen, sizeof seen - 1), 6);
    cr_assert_str_eq(seen, "a\nb\nc\n");
}

Test(printer, drops_and_counts_when_nobody_reads_and_never_waits, .timeout = 20)
{
    int ends[2];
    leat_printer *printer = NULL;
    leat_error err;
    uint64_t printed = 0;
    uint64_t seen = 0;
    static char part[sizeof lines];
    fill();
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(leat_printer_start(ends[1], &printer, &err), LEAT_OK);

    for (int i = 0; i < 200; i++, printed += sizeof lines / 64) /* 12.8 MB into a pipe of 64 KiB */
        print(printer, lines, sizeof lines);
    uint64_t dropped = leat_printer_dropped_count(printer);
    cr_assert_gt(dropped, 0);
    cr_assert_geq(printed - dropped, LEAT_PRINTER_BYTES / 64);
    while (seen < (printed - dropped) * 64)
        seen += (uint64_t)read(ends[0], part, sizeof part);
    leat_printer_stop(&printer);
    close(ends[1]);

    cr_assert_eq(read(ends[0], part, sizeof part), 0);
}

Test(printer, ends_although_the_reader_has_stopped_for_good, .timeout = 20)
{
    int ends[2];
    leat_printer *printer = NULL;
    leat_error err;
    fill();
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(leat_printer_start(ends[1], &printer, &err), LEAT_OK);
    print(printer, lines, sizeof lines);
    print(printer, lines, sizeof lines);

    leat_printer_stop(&printer);

    cr_assert_null(printer);
    close(ends[0]); /* its thread hangs in a write until here */
}
