/*
 * gc_probe.h - the text of gc_probe.py; the build makes it.
 */
#ifndef CYCLINT_CLI_GC_PROBE_H
#define CYCLINT_CLI_GC_PROBE_H

extern const char gc_probe[];

#endif
