/* What C alone can say: httpd's variadic log macros and APR's ring and bucket macros, one function each. */
#ifndef JK_SHIM_H
#define JK_SHIM_H

#include "httpd.h"
#include "apr_buckets.h"

/* Log lines. `level` is one of APLOG_*; the text is given with its length and is never a format. */
void jk_shim_log_server(const char *file, int line, int level, apr_status_t status, const server_rec *s,
                        const char *text, int length);
void jk_shim_log_request(const char *file, int line, int level, apr_status_t status, const request_rec *r,
                         const char *text, int length);
/* Whether a line of this level would be kept (LogLevel jk:...). */
int jk_shim_logs_server(const server_rec *s, int level);
int jk_shim_logs_request(const request_rec *r, int level);

/* Brigades. jk_shim_next gives NULL after the last bucket. */
apr_bucket *jk_shim_first(apr_bucket_brigade *bb);
apr_bucket *jk_shim_next(apr_bucket_brigade *bb, apr_bucket *b);
void jk_shim_append(apr_bucket_brigade *bb, apr_bucket *b);
/* Moves all buckets of `from` to the end of `to`. */
void jk_shim_move(apr_bucket_brigade *to, apr_bucket_brigade *from);

/* Buckets. */
int jk_shim_is_eos(const apr_bucket *b);
int jk_shim_is_metadata(const apr_bucket *b);
/* Makes the data of a bucket outlive what it was read from, and says where it lies. */
apr_status_t jk_shim_keep(apr_bucket *b, apr_pool_t *pool, const char **data, apr_size_t *length);
void jk_shim_delete(apr_bucket *b);

#endif
