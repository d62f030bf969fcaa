/* trkx: the command line. One file a subcommand. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static const struct {
    const char *name;
    int (*run)(int count, char **arguments);
    const char *what;
} commands[] = {
    {"run", command_run, "find the tracks of events"},
    {"stage", command_stage, "do one step by itself"},
    {"evaluate", command_evaluate, "compare tracks with the truth"},
    {"simulate", command_simulate, "make events of the TrackML detector"},
    {"model", command_model, "describe, check, repair and import ONNX models"},
    {"bench", command_bench, "time the parts of trkx on this machine"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void help(FILE *to)
{
    fputs("trkx finds charged-particle tracks in the hits of a tracking detector.\n\n"
          "usage: trkx COMMAND [OPTIONS] ...\n\n",
          to);
    for (int i = 0; i < COMMANDS; i++) fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].what);
    fputs("\ntrkx COMMAND --help tells more; trkx --version prints the versions.\n"
          "Exit codes: 0 success, 1 a failure of the run, 2 wrong usage.\n",
          to);
}

int main(int count, char **arguments)
{
    const char *name = count > 1 ? arguments[1] : "";
    opterr = 0; /* our own messages */
    /* official builds of ONNX Runtime report home from 1.29 on; only this, set early, keeps them wholly silent */
    setenv("ORT_DISABLE_TELEMETRY", "1", 0);
    if (strcmp(name, "--version") == 0) {
        printf("trkx %s\nONNX Runtime %s\n", trkx_version(), trkx_runtime_version());
        return EXIT_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        help(stdout);
        return EXIT_OK;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0) return commands[i].run(count - 1, arguments + 1);
    if (count < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    return misused("there is no command \"%s\"", name);
}
