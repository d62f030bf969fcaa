/* What surrounds a command: the standard streams and signals. */
#ifndef TRKX_PROGRAMS_PROCESS_H
#define TRKX_PROGRAMS_PROCESS_H

#include <stdatomic.h>

/* Call before anything is opened: no file gets the number of a closed standard stream, and a refused write (a
 * file size limit, a closed pipe) is an error instead of killing the process. */
void process_begin(void);
/* Call at the end with the command's exit code: prints and returns EXIT_FAILED if that was a success but
 * standard output could not be written completely. */
int process_end(int code);

/* Set by SIGINT and SIGTERM after watch_interrupts(); a second signal kills the program. */
extern atomic_int interrupted;
void watch_interrupts(void);

#endif
