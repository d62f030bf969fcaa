/* trkx: the command line. Each command has a file of its own. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs/bench/bench.h"
#include "programs/common.h"
#include "programs/evaluate.h"
#include "programs/model/model.h"
#include "programs/process.h"
#include "programs/run.h"
#include "programs/simulate.h"
#include "programs/stage.h"

static const struct {
    const char *name;
    int (*run)(int count, char **arguments);
    const char *what;
    bool has_parts; /* named after it: "stage radius" */
} commands[] = {
    {"run", command_run, "find the tracks of events", false},
    {"stage", command_stage, "run a single step", true},
    {"evaluate", command_evaluate, "compare tracks with the truth", false},
    {"simulate", command_simulate, "make events of the TrackML detector", false},
    {"model", command_model, "describe, check, repair and import ONNX models", true},
    {"bench", command_bench, "time the parts of trkx on this machine", true},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void help(FILE *to)
{
    fputs("trkx finds charged-particle tracks in the hits of a tracking detector.\n\n"
          "usage: trkx COMMAND [OPTIONS] ...\n\n",
          to);
    for (int i = 0; i < COMMANDS; i++) fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].what);
    fputs("\ntrkx help COMMAND explains the options; trkx --version prints the versions.\n"
          "Exit codes: 0 success, 1 a failure of the run, 2 wrong usage.\n",
          to);
}

static int run_command(int count, char **arguments)
{
    const char *names[COMMANDS + 3] = {[COMMANDS] = "help", "--help", "--version"};
    for (int i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(arguments[0], names[i]) == 0) return commands[i].run(count, arguments);
    }
    return misnamed("", "there is no command", "", arguments[0], names, COMMANDS + 3);
}

/* The first superfluous argument of "help"; count if there is none. */
static int surplus(int count, char **arguments)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(arguments[0], commands[i].name) == 0 && !commands[i].has_parts) return 1;
    return count < 2 ? count : 2;
}

/* "help model import" is "model import --help". */
static int help_on(int count, char **arguments)
{
    int last = surplus(count, arguments);
    if (last < count)
        return misused("help %s: \"%s\" is one argument too many", arguments[0], arguments[last]);
    static char option[] = "--help";
    char **asked = checked(calloc((size_t)count + 2, sizeof *asked));
    memcpy(asked, arguments, (size_t)count * sizeof *asked);
    asked[count] = option;
    int code = run_command(count + 1, asked);
    free(asked);
    return code;
}

static int run(int count, char **arguments)
{
    const char *name = count > 0 ? arguments[0] : "";
    if (count == 0) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0) {
        printf("trkx %s\nONNX Runtime %s\n", trkx_version(), trkx_runtime_version());
        return EXIT_OK;
    }
    bool on_help = count == 2 && strcmp(arguments[1], "help") == 0;
    if (strcmp(name, "help") == 0 && count > 1 && !on_help) return help_on(count - 1, arguments + 1);
    if (strcmp(name, "--help") != 0 && strcmp(name, "-h") != 0 && strcmp(name, "help") != 0)
        return run_command(count, arguments);
    help(stdout);
    return EXIT_OK;
}

int main(int count, char **arguments)
{
    opterr = 0; /* our own messages */
    process_begin();
    /* official builds of ONNX Runtime send telemetry from 1.29 on; only this, set early, prevents all of it
     */
    setenv("ORT_DISABLE_TELEMETRY", "1", 0);
    return process_end(run(count - 1, arguments + 1));
}
