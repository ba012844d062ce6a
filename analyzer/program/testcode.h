/*
 * testcode.h - whether a file is test code, where other habits hold.
 */
#ifndef CYCLINT_PROGRAM_TESTCODE_H
#define CYCLINT_PROGRAM_TESTCODE_H

#include "program/program.h"

/* Told by its path as pytest and unittest tell it (test_x.py, x_test.py, tests.py, conftest.py), or
 * by a folder test, tests or testing that it lies in. */
bool is_test_code(const struct program *program, uint32_t file);

#endif
