/*
 * schema.h - the tables of the store.
 */
#ifndef CYCLINT_STORE_SCHEMA_H
#define CYCLINT_STORE_SCHEMA_H

enum {
    SCHEMA_VERSION = 3,             /* PRAGMA user_version; another one is made anew */
    SCHEMA_APPLICATION = 0x6379636C /* PRAGMA application_id: "cycl" */
};

/* Makes all tables and views in an empty database. */
extern const char schema_sql[];

#endif
