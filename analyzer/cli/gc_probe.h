/*
 * gc_probe.h - the texts of gc_probe.py and gc_speed_probe.py; the build makes them.
 */
#ifndef CYCLINT_CLI_GC_PROBE_H
#define CYCLINT_CLI_GC_PROBE_H

extern const char gc_probe[], gc_speed_probe[];

#endif
