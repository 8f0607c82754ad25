/* SPDX-License-Identifier: Apache-2.0
 *
 * The promise of links over real sockets on loopback: order, UP and DOWN, no silent loss.
 */
#include "common/transport/dialer.h"
#include "common/transport/listener.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>
#include <zmq.h>

enum { FRAME_MAX = 64 * 1024, PATIENCE_MS = 5000 };

typedef struct pair {
    leat_transport *transport;
    leat_listener *listener;
    leat_dialer *dialer;
} pair;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static leat_listener *listen_at(leat_transport *transport, const char *endpoint)
{
    leat_listener *listener = NULL;
    leat_error err;
    int64_t give_up = now_ms() + PATIENCE_MS;
    leat_code code;
    do
        code = leat_listener_open(transport, endpoint, FRAME_MAX, &listener, &err);
    while (code == LEAT_BUSY && now_ms() < give_up);
    cr_assert_eq(code, LEAT_OK, "%s", err.text);
    return listener;
}

static pair pair_open(const char *endpoint)
{
    pair p = {.transport = leat_transport_new()};
    leat_error err;
    p.listener = listen_at(p.transport, endpoint);
    cr_assert_eq(leat_dialer_open(p.transport, leat_listener_endpoint(p.listener), FRAME_MAX,
                                  &p.dialer, &err),
                 LEAT_OK);
    return p;
}

static void pair_close(pair *p)
{
    leat_dialer_close(&p->dialer);
    leat_listener_close(&p->listener);
    leat_transport_free(&p->transport);
}

static leat_link_event dialer_event(pair *p)
{
    leat_link_event event;
    for (int64_t give_up = now_ms() + PATIENCE_MS; now_ms() < give_up;) {
        if (leat_dialer_next(p->dialer, now_ms(), &event) == LEAT_OK)
            return event;
        leat_link_wait(NULL, &p->dialer, 1, -1, 20);
    }
    cr_assert(false, "no event at the dialer");
    return event;
}

static leat_link_event listener_event(pair *p)
{
    leat_link_event event;
    for (int64_t give_up = now_ms() + PATIENCE_MS; now_ms() < give_up;) {
        if (leat_listener_next(p->listener, &event) == LEAT_OK)
            return event;
        if (p->dialer != NULL) {
            leat_link_event other; /* drives what waits in its queue */
            cr_assert_eq(leat_dialer_next(p->dialer, now_ms(), &other), LEAT_AGAIN);
        }
        leat_link_wait(p->listener, NULL, 0, -1, 20);
    }
    cr_assert(false, "no event at the listener");
    return event;
}

static void expect_kind(leat_link_event event, leat_link_event_kind kind)
{
    cr_assert_eq(event.kind, kind, "got %d, expected %d", (int)event.kind, (int)kind);
}

static leat_frame *numbered(uint64_t sequence)
{
    leat_frame_head head = {.kind = LEAT_FRAME_CONTROL, .sequence = sequence};
    return leat_frame_new(&head, NULL);
}

static uint64_t number_of(leat_link_event *event)
{
    expect_kind(*event, LEAT_LINK_FRAME);
    uint64_t sequence = leat_frame_head_of(event->frame)->sequence;
    leat_frame_free(&event->frame);
    return sequence;
}

static void dialer_says(pair *p, uint64_t sequence)
{
    leat_frame *frame = numbered(sequence);
    cr_assert_eq(leat_dialer_send(p->dialer, &frame), LEAT_OK);
}

static void talk_both_ways(const char *endpoint)
{
    pair p = pair_open(endpoint);
    expect_kind(dialer_event(&p), LEAT_LINK_UP);
    for (uint64_t i = 0; i < 3000; i++) /* more than ZeroMQ's own queue takes */
        dialer_says(&p, i);

    leat_link_event up = listener_event(&p);
    expect_kind(up, LEAT_LINK_UP);
    for (uint64_t i = 0; i < 3000; i++) {
        leat_link_event event = listener_event(&p);
        cr_assert_eq(event.peer, up.peer);
        cr_assert_eq(number_of(&event), i);
    }
    leat_frame *answer = numbered(7);
    cr_assert_eq(leat_listener_send(p.listener, up.peer, &answer), LEAT_OK);
    leat_link_event event = dialer_event(&p);
    cr_assert_eq(number_of(&event), 7);
    pair_close(&p);
}

Test(link, carries_frames_in_order_both_ways_over_tcp)
{
    talk_both_ways("tcp://127.0.0.1:*");
}

Test(link, carries_frames_in_order_both_ways_within_the_process)
{
    talk_both_ways("inproc://control");
}

Test(link, comes_up_when_the_listener_starts_later)
{
    pair p = pair_open("tcp://127.0.0.1:*");
    char endpoint[256];
    snprintf(endpoint, sizeof endpoint, "%s", leat_listener_endpoint(p.listener));
    pair_close(&p); /* waits until the port is free */
    p.transport = leat_transport_new();
    leat_error err;
    cr_assert_eq(leat_dialer_open(p.transport, endpoint, FRAME_MAX, &p.dialer, &err), LEAT_OK);
    leat_link_event event;
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(leat_dialer_next(p.dialer, now_ms(), &event), LEAT_AGAIN);
        leat_link_wait(NULL, &p.dialer, 1, -1, 10);
    }

    p.listener = listen_at(p.transport, endpoint);

    expect_kind(dialer_event(&p), LEAT_LINK_UP);
    pair_close(&p);
}

Test(link, reports_down_then_up_when_the_listener_was_restarted)
{
    pair p = pair_open("tcp://127.0.0.1:*");
    expect_kind(dialer_event(&p), LEAT_LINK_UP);
    dialer_says(&p, 1);
    expect_kind(listener_event(&p), LEAT_LINK_UP);
    char endpoint[256];
    snprintf(endpoint, sizeof endpoint, "%s", leat_listener_endpoint(p.listener));

    leat_listener_close(&p.listener);
    expect_kind(dialer_event(&p), LEAT_LINK_DOWN);
    leat_frame *frame = numbered(2);
    cr_assert_eq(leat_dialer_send(p.dialer, &frame), LEAT_UNAVAILABLE);
    leat_frame_free(&frame);
    p.listener = listen_at(p.transport, endpoint);

    expect_kind(dialer_event(&p), LEAT_LINK_UP);
    dialer_says(&p, 3);
    expect_kind(listener_event(&p), LEAT_LINK_UP);
    leat_link_event event = listener_event(&p);
    cr_assert_eq(number_of(&event), 3);
    pair_close(&p);
}

Test(link, tells_the_listener_which_peer_is_gone)
{
    pair p = pair_open("tcp://127.0.0.1:*");
    expect_kind(dialer_event(&p), LEAT_LINK_UP);
    dialer_says(&p, 1);
    leat_link_event up = listener_event(&p);
    leat_link_event event = listener_event(&p);
    number_of(&event);

    leat_dialer_close(&p.dialer);

    leat_link_event down = listener_event(&p);
    expect_kind(down, LEAT_LINK_DOWN);
    cr_assert_eq(down.peer, up.peer);
    leat_frame *frame = numbered(2);
    cr_assert_eq(leat_listener_send(p.listener, up.peer, &frame), LEAT_UNAVAILABLE);
    leat_frame_free(&frame);
    pair_close(&p);
}

Test(link, gives_a_peer_that_comes_back_another_name)
{
    pair p = pair_open("tcp://127.0.0.1:*");
    uint64_t names[3];
    for (int round = 0; round < 3; round++) {
        expect_kind(dialer_event(&p), LEAT_LINK_UP);
        dialer_says(&p, 1);
        leat_link_event up = listener_event(&p);
        expect_kind(up, LEAT_LINK_UP);
        names[round] = up.peer;
        leat_link_event event = listener_event(&p);
        number_of(&event);
        leat_dialer_close(&p.dialer);
        expect_kind(listener_event(&p), LEAT_LINK_DOWN);
        cr_assert_eq(leat_dialer_open(p.transport, leat_listener_endpoint(p.listener), FRAME_MAX,
                                      &p.dialer, NULL),
                     LEAT_OK);
    }
    cr_assert(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);
    pair_close(&p);
}

/* Frames flow while the listener dies again and again: what arrives on one connection is a run
 * without a hole, so whatever was lost lies at the end of a run, before a DOWN. */
Test(link, loses_nothing_in_the_middle_of_a_connection, .timeout = 30)
{
    pair p = pair_open("tcp://127.0.0.1:*");
    char endpoint[256];
    snprintf(endpoint, sizeof endpoint, "%s", leat_listener_endpoint(p.listener));
    uint64_t sent = 0;
    for (int round = 0; round < 5; round++) {
        expect_kind(dialer_event(&p), LEAT_LINK_UP);
        uint64_t expected = sent;
        for (int i = 0; i < 500; i++)
            dialer_says(&p, sent++);
        expect_kind(listener_event(&p), LEAT_LINK_UP);
        for (int i = 0; i < 50 * round; i++) {
            leat_link_event event = listener_event(&p);
            cr_assert_eq(number_of(&event), expected++);
        }
        leat_listener_close(&p.listener);
        expect_kind(dialer_event(&p), LEAT_LINK_DOWN);
        p.listener = listen_at(p.transport, endpoint);
    }
    pair_close(&p);
}

static leat_frame *frame_of_size(size_t size)
{
    leat_buf big = {0};
    leat_buf_reserve(&big, size);
    memset(big.data, 'x', size);
    big.size = size;
    leat_frame_head head = {.kind = LEAT_FRAME_CONTROL};
    return leat_frame_new(&head, &big);
}

Test(link, drops_the_connection_of_a_peer_that_sends_too_much)
{
    pair p = pair_open("tcp://127.0.0.1:*");
    leat_dialer_close(&p.dialer); /* one that does not keep to the size instead */
    cr_assert_eq(leat_dialer_open(p.transport, leat_listener_endpoint(p.listener), 10 * FRAME_MAX,
                                  &p.dialer, NULL),
                 LEAT_OK);
    expect_kind(dialer_event(&p), LEAT_LINK_UP);
    leat_frame *frame = frame_of_size(FRAME_MAX + 1);

    cr_assert_eq(leat_dialer_send(p.dialer, &frame), LEAT_OK);

    expect_kind(dialer_event(&p), LEAT_LINK_DOWN);
    expect_kind(dialer_event(&p), LEAT_LINK_UP);
    pair_close(&p);
}

Test(link, refuses_to_send_what_the_other_end_would_not_take)
{
    pair p = pair_open("tcp://127.0.0.1:*");
    expect_kind(dialer_event(&p), LEAT_LINK_UP);
    leat_frame *frame = frame_of_size(FRAME_MAX + 1);

    cr_assert_eq(leat_dialer_send(p.dialer, &frame), LEAT_LIMIT);

    leat_frame_free(&frame);
    dialer_says(&p, 1);
    expect_kind(listener_event(&p), LEAT_LINK_UP);
    leat_link_event event = listener_event(&p);
    cr_assert_eq(number_of(&event), 1);
    pair_close(&p);
}

Test(link, counts_and_survives_malformed_messages)
{
    pair p = pair_open("tcp://127.0.0.1:*");
    expect_kind(dialer_event(&p), LEAT_LINK_UP);
    void *context = zmq_ctx_new();
    void *stranger = zmq_socket(context, ZMQ_DEALER);
    zmq_connect(stranger, leat_listener_endpoint(p.listener));
    zmq_send(stranger, "", 0, 0);
    zmq_send(stranger, "nonsense", 8, ZMQ_SNDMORE);
    zmq_send(stranger, "payload", 7, 0);
    zmq_send(stranger, "a", 1, ZMQ_SNDMORE);
    zmq_send(stranger, "b", 1, ZMQ_SNDMORE);
    zmq_send(stranger, "c", 1, 0);
    leat_link_event event;
    for (int64_t give_up = now_ms() + PATIENCE_MS;
         leat_listener_rejected_count(p.listener) < 3 && now_ms() < give_up;) {
        cr_assert_eq(leat_listener_next(p.listener, &event), LEAT_AGAIN);
        leat_link_wait(p.listener, NULL, 0, -1, 10);
    }
    cr_assert_eq(leat_listener_rejected_count(p.listener), 3);

    dialer_says(&p, 5);
    expect_kind(listener_event(&p), LEAT_LINK_UP);
    event = listener_event(&p);
    cr_assert_eq(number_of(&event), 5);
    zmq_close(stranger);
    zmq_ctx_term(context);
    pair_close(&p);
}

Test(link, says_that_an_address_is_in_use_or_no_address)
{
    pair p = pair_open("tcp://127.0.0.1:*");
    leat_listener *second = NULL;
    leat_error err;
    cr_assert_eq(leat_listener_open(p.transport, leat_listener_endpoint(p.listener), FRAME_MAX,
                                    &second, &err),
                 LEAT_BUSY);
    cr_assert_eq(leat_listener_open(p.transport, "nowhere", FRAME_MAX, &second, &err),
                 LEAT_INVALID);
    cr_assert_null(second);
    pair_close(&p);
}
