/*
 * The two lower bounds of the benchmark; no part of the product.
 *
 *   Floor On          answers /app/... with 13 bytes from memory: what httpd itself costs.
 *   FloorAjp PORT     the same 13 bytes, after one send and one recv of a prepared AJP request:
 *                     what waiting for a backend costs at the least.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd.h"

#include "http_config.h"
#include "http_core.h"
#include "http_protocol.h"
#include "http_request.h"

static int is_on;
static int ajp_port;

static __thread int backend = -1;
static __thread unsigned char received[8192];

/* GET /app/13 of 127.0.0.1, with the header Host. */
static const unsigned char question[] = "\x12\x34\x00\x45\x02\x02\x00\x08HTTP/1.1\x00\x00\x07/app/13\x00\x00\x09"
    "127.0.0.1\x00\xff\xff\x00\x09localhost\x00\x00\x50\x00\x00\x01\xa0\x0b\x00\x09localhost\x00\xff";

static int is_ours(const char *path)
{
    return (is_on || ajp_port) && strncmp(path, "/app/", 5) == 0;
}

static int translate(request_rec *r)
{
    if (!is_ours(r->uri))
        return DECLINED;
    r->handler = "floor";
    return OK;
}

static int no_file(request_rec *r)
{
    return is_ours(r->uri) ? OK : DECLINED;
}

static int reach_backend(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(ajp_port) };
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    backend = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (backend < 0 || connect(backend, (struct sockaddr *)&to, sizeof to))
        return 0;
    setsockopt(backend, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return 1;
}

/* Sends the question and finds the 13 bytes in the reply. */
static const char *ask(void)
{
    ssize_t have = 0, at = 0;
    const unsigned char *body = NULL;
    if (backend < 0 && !reach_backend())
        return NULL;
    if (send(backend, question, sizeof question - 1, MSG_NOSIGNAL) != sizeof question - 1)
        return NULL;
    for (;;) {
        ssize_t got = recv(backend, received + have, sizeof received - have, 0);
        if (got <= 0)
            return NULL;
        have += got;
        while (have - at >= 4) {
            const unsigned char *packet = received + at;
            ssize_t size = 4 + (packet[2] << 8) + packet[3];
            if (have - at < size)
                break;
            at += size;
            if (packet[4] == 3)
                body = packet + 7;
            if (packet[4] == 5)
                return (const char *)body;
        }
    }
}

static int answer(request_rec *r)
{
    const char *body = "hello, floor\n";
    if (strcmp(r->handler, "floor"))
        return DECLINED;
    if (ajp_port && !(body = ask())) {
        close(backend);
        backend = -1;
        return HTTP_SERVICE_UNAVAILABLE;
    }
    ap_set_content_type(r, "text/plain");
    ap_set_content_length(r, 13);
    ap_rwrite(body, 13, r);
    return OK;
}

static const char *set_on(cmd_parms *cmd, void *dir, int on)
{
    is_on = on;
    return NULL;
}

static const char *set_port(cmd_parms *cmd, void *dir, const char *port)
{
    ajp_port = atoi(port);
    return NULL;
}

static const command_rec commands[] = {
    AP_INIT_FLAG("Floor", set_on, NULL, RSRC_CONF, "answer from memory"),
    AP_INIT_TAKE1("FloorAjp", set_port, NULL, RSRC_CONF, "port of the backend"),
    { NULL }
};

static void hooks(apr_pool_t *p)
{
    ap_hook_translate_name(translate, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_map_to_storage(no_file, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(answer, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(floor) = { STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, hooks };
