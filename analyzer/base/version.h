/*
 * version.h - what this program calls itself.
 */
#ifndef CYCLINT_BASE_VERSION_H
#define CYCLINT_BASE_VERSION_H

#ifndef CYCLINT_VERSION
#define CYCLINT_VERSION "0.1.0"
#endif

/* Where the documentation is.  SARIF wants an absolute address; who publishes cyclint sets it. */
#ifndef CYCLINT_URL
#define CYCLINT_URL "https://example.com/cyclint"
#endif

#endif
