/* See include/shim.h. */
#include "shim.h"

#include "http_config.h"
#include "http_log.h"

extern module AP_MODULE_DECLARE_DATA jk_module;
APLOG_USE_MODULE(jk);

void jk_shim_log_server(const char *file, int line, int level, apr_status_t status, const server_rec *s,
                        const char *text, int length)
{
    ap_log_error(file, line, APLOG_MODULE_INDEX, level, status, s, "%.*s", length, text);
}

void jk_shim_log_request(const char *file, int line, int level, apr_status_t status, const request_rec *r,
                         const char *text, int length)
{
    ap_log_rerror(file, line, APLOG_MODULE_INDEX, level, status, r, "%.*s", length, text);
}

int jk_shim_logs_server(const server_rec *s, int level)
{
    return s != NULL && APLOG_IS_LEVEL(s, level);
}

int jk_shim_logs_request(const request_rec *r, int level)
{
    return APLOG_R_IS_LEVEL(r, level);
}

apr_bucket *jk_shim_first(apr_bucket_brigade *bb)
{
    return APR_BRIGADE_EMPTY(bb) ? NULL : APR_BRIGADE_FIRST(bb);
}

apr_bucket *jk_shim_next(apr_bucket_brigade *bb, apr_bucket *b)
{
    apr_bucket *next = APR_BUCKET_NEXT(b);
    return next == APR_BRIGADE_SENTINEL(bb) ? NULL : next;
}

void jk_shim_append(apr_bucket_brigade *bb, apr_bucket *b)
{
    APR_BRIGADE_INSERT_TAIL(bb, b);
}

void jk_shim_move(apr_bucket_brigade *to, apr_bucket_brigade *from)
{
    APR_BRIGADE_CONCAT(to, from);
}

int jk_shim_is_eos(const apr_bucket *b)
{
    return APR_BUCKET_IS_EOS(b);
}

int jk_shim_is_metadata(const apr_bucket *b)
{
    return APR_BUCKET_IS_METADATA(b);
}

apr_status_t jk_shim_keep(apr_bucket *b, apr_pool_t *pool, const char **data, apr_size_t *length)
{
    /* Buckets that stand for something to be read from can do without; reading turns them into ones with data. */
    apr_status_t status = apr_bucket_setaside(b, pool);
    if (status != APR_SUCCESS && status != APR_ENOTIMPL) {
        return status;
    }
    return apr_bucket_read(b, data, length, APR_BLOCK_READ);
}

void jk_shim_delete(apr_bucket *b)
{
    apr_bucket_delete(b);
}
