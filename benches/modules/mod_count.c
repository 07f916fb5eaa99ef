/*
 * Lets a benchmark say from outside when callgrind counts; no part of the product.
 *
 *   GET /callgrind/start     begin to count
 *   GET /callgrind/zero      forget what was counted
 *   GET /callgrind/dump      write it to a file of its own
 *   GET /callgrind/stop      run fast again
 *
 * callgrind_control would do the same, but it takes the process by ptrace, and that hangs where threads wait.
 */
#include <string.h>
#include <valgrind/callgrind.h>

#include "httpd.h"

#include "http_config.h"
#include "http_protocol.h"

static int answer(request_rec *r)
{
    const char *what = r->uri;
    if (strncmp(what, "/callgrind/", 11))
        return DECLINED;
    what += 11;
    if (!strcmp(what, "start"))
        CALLGRIND_START_INSTRUMENTATION;
    else if (!strcmp(what, "stop"))
        CALLGRIND_STOP_INSTRUMENTATION;
    else if (!strcmp(what, "zero"))
        CALLGRIND_ZERO_STATS;
    else if (!strcmp(what, "dump"))
        CALLGRIND_DUMP_STATS;
    else
        return HTTP_NOT_FOUND;
    ap_set_content_type(r, "text/plain");
    ap_set_content_length(r, 5);
    ap_rwrite("done\n", 5, r);
    return OK;
}

static void hooks(apr_pool_t *p)
{
    ap_hook_handler(answer, NULL, NULL, APR_HOOK_LAST);
}

AP_DECLARE_MODULE(count) = { STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, hooks };
