/* What surrounds a command: the standard streams and signals. */
#ifndef TRKX_PROGRAMS_PROCESS_H
#define TRKX_PROGRAMS_PROCESS_H

#include <stdatomic.h>

/* Before anything is opened: no file gets the number of a standard stream that is closed, and a write that is
 * refused (a limit on files, a pipe without a reader) is an error, not the end of the process. */
void process_begin(void);
/* At the end, with the command's exit code: EXIT_FAILED, and a line on standard error, where that was a
 * success and not all of the standard output could be written. */
int process_end(int code);

/* Set by SIGINT and SIGTERM after watch_interrupts(); the second signal ends the program at once. */
extern atomic_int interrupted;
void watch_interrupts(void);

#endif
