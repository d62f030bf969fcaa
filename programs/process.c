/* What surrounds a command: the standard streams, signals. */
#include "programs/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "programs/common.h"

/* If a standard stream is closed, the next file opened would get its number, and whatever is printed. The
 * replacement of standard output cannot be written to, so that printing is noticed as an error. */
static void open_missing_streams(void)
{
    static const int flags[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) == -1 && errno == EBADF) open("/dev/null", flags[stream]);
}

void process_begin(void)
{
    open_missing_streams();
    /* a file larger than allowed or a closed pipe makes the write fail, which is reported and cleaned up
     */
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

int process_end(int code)
{
    errno = 0;
    bool lost = ferror(stdout) != 0;
    lost |= fclose(stdout) != 0;
    if (!lost) return code;
    fprintf(stderr, "trkx: standard output: cannot be written%s%s\n", errno != 0 ? ": " : "",
            errno != 0 ? strerror(errno) : "");
    return code == EXIT_OK ? EXIT_FAILED : code;
}

/* ---- interrupts ------------------------------------------------------------------------------------- */

atomic_int interrupted;

static void interrupt(int signal_number)
{
    interrupted = signal_number;
}

void watch_interrupts(void)
{
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}
