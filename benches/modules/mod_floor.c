/*
 * The two lower bounds of the benchmark; no part of the product.
 *
 *   Floor On          answers /app/... with 13 bytes from memory: what httpd itself costs.
 *   FloorAjp PORT [N] the same 13 bytes, after one send and one recv of a prepared AJP request:
 *                     what waiting for a backend costs at the least. With a request body, one read of
 *                     the client, one send and one recv for each packet, and nothing is copied. N: as
 *                     many pools of connections (1): that of the session's route, else each in turn.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd.h"

#include "http_config.h"
#include "http_core.h"
#include "http_protocol.h"
#include "http_request.h"

/* Data bytes of a packet of 8192. */
#define PIECE 8186

static int is_on;
static int ajp_port;
static unsigned pools = 1;

static __thread unsigned char received[8192];

/* A connection, in the list of the free ones of its pool. */
struct connection {
    int socket;
    struct connection *next;
};

static struct connection **idle;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned turn;

/* GET /app/13 of 127.0.0.1, with the header Host. */
static const unsigned char small[] = "\x12\x34\x00\x45\x02\x02\x00\x08HTTP/1.1\x00\x00\x07/app/13\x00\x00\x09"
    "127.0.0.1\x00\xff\xff\x00\x09localhost\x00\x00\x50\x00\x00\x01\xa0\x0b\x00\x09localhost\x00\xff";

/* POST /app/13 with a Content-Length of seven digits, which begin LENGTH bytes before the end. */
#define LENGTH 9
static const unsigned char large[] = "\x12\x34\x00\x51\x02\x04\x00\x08HTTP/1.1\x00\x00\x07/app/13\x00\x00\x09"
    "127.0.0.1\x00\xff\xff\x00\x09localhost\x00\x00\x50\x00\x00\x02\xa0\x0b\x00\x09localhost\x00"
    "\xa0\x08\x00\x07" "0000000\x00\xff";

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

/* The number in a route m17 at the end of the cookie, as the benchmark's clients write it; -1: there is none. */
static int route_of(request_rec *r)
{
    const char *cookie = apr_table_get(r->headers_in, "Cookie");
    const char *route = cookie ? strrchr(cookie, '.') : NULL;
    return route && route[1] == 'm' ? atoi(route + 2) : -1;
}

/* A connection of the pool that the route names, or of the one whose turn it is. */
static struct connection *take(int route, unsigned *pool)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(ajp_port) };
    struct connection *found;
    int on = 1;
    pthread_mutex_lock(&lock);
    *pool = (route < 0 ? turn++ : (unsigned)route) % pools;
    found = idle[*pool];
    if (found)
        idle[*pool] = found->next;
    pthread_mutex_unlock(&lock);
    if (found)
        return found;
    found = calloc(1, sizeof *found);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    found->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (found->socket < 0 || connect(found->socket, (struct sockaddr *)&to, sizeof to)) {
        close(found->socket);
        free(found);
        return NULL;
    }
    setsockopt(found->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return found;
}

static void put_back(struct connection *one, unsigned pool)
{
    pthread_mutex_lock(&lock);
    one->next = idle[pool];
    idle[pool] = one;
    pthread_mutex_unlock(&lock);
}

static int sent(int socket, const void *data, size_t size)
{
    return send(socket, data, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* Receives until there is the end of a reply, or a question for more of the body; whether it was the former. */
static int reply(int socket, const unsigned char **body, int *more)
{
    ssize_t have = 0, at = 0;
    *more = 0;
    for (;;) {
        ssize_t got = recv(socket, received + have, sizeof received - have, 0);
        if (got <= 0)
            return 0;
        have += got;
        while (have - at >= 4) {
            const unsigned char *packet = received + at;
            ssize_t size = 4 + (packet[2] << 8) + packet[3];
            if (have - at < size)
                break;
            at += size;
            if (packet[4] == 3)
                *body = packet + 7;
            if (packet[4] == 5)
                return 1;
            if (packet[4] == 6) {
                *more = 1;
                return 0;
            }
        }
    }
}

/* Sends body packets of the right size for what was read from the client; what is in them does not matter. */
static int upload(request_rec *r, int socket, long left, const unsigned char **body)
{
    static unsigned char packet[PIECE + 6] = "\x12\x34";
    apr_bucket_brigade *in = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    long there = 0;
    int more = 1;
    while (left > 0 && more) {
        int size = left < PIECE ? left : PIECE;
        unsigned char head[6] = { 0x12, 0x34, (size + 2) >> 8, (size + 2) & 255, size >> 8, size & 255 };
        struct iovec parts[] = { { head, 6 }, { packet, size } };
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
        while (there < size) {
            apr_off_t got = 0;
            if (ap_get_brigade(r->input_filters, in, AP_MODE_READBYTES, APR_BLOCK_READ, 65536))
                return 0;
            apr_brigade_length(in, 1, &got);
            apr_brigade_cleanup(in);
            there += got;
        }
        if (sendmsg(socket, &message, MSG_NOSIGNAL) != size + 6)
            return 0;
        there -= size;
        left -= size;
        if (reply(socket, body, &more))
            return left == 0;
    }
    return 0;
}

/* Sends the request and finds the 13 bytes in the reply. */
static const char *ask(request_rec *r, int socket)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");
    const unsigned char *body = NULL;
    unsigned char question[sizeof large];
    char digits[8];
    int more;
    if (!length)
        return sent(socket, small, sizeof small - 1) && reply(socket, &body, &more) ? (const char *)body : NULL;
    memcpy(question, large, sizeof large);
    apr_snprintf(digits, sizeof digits, "%07ld", atol(length));
    memcpy(question + sizeof large - 1 - LENGTH, digits, 7);
    if (!sent(socket, question, sizeof large - 1) || !upload(r, socket, atol(length), &body))
        return NULL;
    return (const char *)body;
}

static int answer(request_rec *r)
{
    const char *body = "hello, floor\n";
    struct connection *one = NULL;
    unsigned pool = 0;
    if (strcmp(r->handler, "floor"))
        return DECLINED;
    if (ajp_port && (!(one = take(route_of(r), &pool)) || !(body = ask(r, one->socket)))) {
        if (one) {
            close(one->socket);
            free(one);
        }
        return HTTP_SERVICE_UNAVAILABLE;
    }
    if (one)
        put_back(one, pool);
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

static const char *set_port(cmd_parms *cmd, void *dir, const char *port, const char *count)
{
    ajp_port = atoi(port);
    pools = count ? atoi(count) : 1;
    idle = apr_pcalloc(cmd->pool, pools * sizeof *idle);
    return NULL;
}

static const command_rec commands[] = {
    AP_INIT_FLAG("Floor", set_on, NULL, RSRC_CONF, "answer from memory"),
    AP_INIT_TAKE12("FloorAjp", set_port, NULL, RSRC_CONF, "port of the backend, number of pools"),
    { NULL }
};

static void hooks(apr_pool_t *p)
{
    ap_hook_translate_name(translate, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_map_to_storage(no_file, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(answer, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(floor) = { STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, hooks };
