/*
 * schema.h - the tables of the store.
 */
#ifndef CYCLINT_STORE_SCHEMA_H
#define CYCLINT_STORE_SCHEMA_H

enum {
    SCHEMA_VERSION = 5,             /* PRAGMA user_version; another one is made anew */
    SCHEMA_APPLICATION = 0x6379636C /* PRAGMA application_id: "cycl" */
};

/* Make all tables and views in an empty database, the program's first. */
extern const char schema_of_program[], schema_of_people[];

#endif
