/*
 * producer.h - which program and which rules made facts.
 */
#ifndef CYCLINT_STORE_PRODUCER_H
#define CYCLINT_STORE_PRODUCER_H

#include <stdint.h>

/* A number for this very build of the program (its queries, grammar and record sizes with it) and
 * for all rules, the user's too.  Facts of another producer mean nothing to this one.  Call it when
 * all rules are loaded. */
uint64_t producer_of_facts(void);

#endif
