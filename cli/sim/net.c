/* SPDX-License-Identifier: Apache-2.0
 *
 * The network as ZeroMQ shows it: a link delivers in order and without gaps until its connection
 * breaks; then any suffix of what was queued or under way is lost, silently, and the next
 * connection starts at once. What survives of the old connection may arrive after the first
 * frames of the new one. A cut link swallows for as long as it lasts; afterwards either TCP
 * delivers everything late or the connection turns out to be broken.
 */
#include "cli/sim/world.h"

static leat_sim_link *link_of(leat_sim_world *world, leat_sim_lane lane, uint32_t from, uint32_t to)
{
    return &world->links[lane][from][to];
}

static void link_put(leat_sim_world *world, leat_sim_link *link, leat_sim_event *frame)
{
    leat_sim_ns at_ns = world->now_ns + leat_sim_jitter(&world->net_random, world->config.link_ns);
    if (link->is_late) { /* nothing waits behind it: its connection is as good as gone */
        leat_sim_schedule(world, at_ns + link->slow_ns, frame);
        return;
    }
    if (link->slow_ns > 0)
        at_ns += leat_sim_jitter(&world->net_random, link->slow_ns);
    link->last_ns = LEAT_MAX(link->last_ns + 1, at_ns);
    leat_sim_schedule(world, link->last_ns, frame);
}

void leat_sim_net_send(
    leat_sim_world *world, leat_sim_lane lane, uint32_t from, uint32_t to, leat_sim_event *frame)
{
    leat_sim_link *link = link_of(world, lane, from, to);
    frame->from = from;
    frame->from_life = leat_sim_node_life(world, from);
    frame->lane = lane;
    frame->connection = link->connection;
    frame->number = link->is_late ? UINT64_MAX : link->sent;
    link->sent++;
    if (link->is_cut)
        leat_vec_push(&link->held, frame);
    else
        link_put(world, link, frame);
}

bool leat_sim_net_arrives(leat_sim_world *world, const leat_sim_event *frame)
{
    const leat_sim_link *link = link_of(world, frame->lane, frame->from, frame->node);
    bool is_lost = frame->number >= link->lost_from && frame->number < link->lost_to;
    return !is_lost;
}

static void link_break(leat_sim_world *world, leat_sim_link *link, uint64_t window)
{
    uint64_t reach = LEAT_MIN(link->sent, window);
    uint64_t lost = leat_prng_below(&world->net_random, reach + 1);
    link->lost_from = link->sent - lost;
    link->lost_to = link->sent;
    link->connection++;
    if (leat_prng_chance(&world->net_random, 0.5))
        link->last_ns = world->now_ns; /* new frames may overtake what is left of the old ones */
}

static void
tell_link(leat_sim_world *world, uint32_t node, uint32_t from, uint32_t is_up, leat_sim_ns in_ns)
{
    leat_sim_event *news = leat_sim_event_new(world, LEAT_SIM_EVENT_LINK_NEWS, node);
    news->from = from;
    news->index = is_up;
    leat_sim_schedule(world, world->now_ns + in_ns, news);
}

void leat_sim_net_reset(
    leat_sim_world *world, leat_sim_lane lane, uint32_t a, uint32_t b, bool is_heard)
{
    link_break(world, link_of(world, lane, a, b), 64);
    link_break(world, link_of(world, lane, b, a), 64);
    if (lane != LEAT_SIM_LANE_CONTROL || !is_heard)
        return;
    uint32_t worker = a == LEAT_SIM_NODE_COORDINATOR ? b : a;
    tell_link(world, LEAT_SIM_NODE_COORDINATOR, worker, 0, LEAT_SIM_MS);
    tell_link(world, worker, LEAT_SIM_NODE_COORDINATOR, 0, LEAT_SIM_MS);
    tell_link(world, worker, LEAT_SIM_NODE_COORDINATOR, 1, 2 * LEAT_SIM_MS);
}

void leat_sim_net_cut(
    leat_sim_world *world, leat_sim_lane lane, uint32_t from, uint32_t to, bool is_cut)
{
    leat_sim_link *link = link_of(world, lane, from, to);
    if (link->is_cut == is_cut)
        return;
    link->is_cut = is_cut;
    world->cut_count = is_cut ? world->cut_count + 1 : world->cut_count - 1;
    if (is_cut)
        return;
    bool is_broken = leat_prng_chance(&world->net_random, 0.5);
    size_t kept =
        is_broken ? leat_prng_below(&world->net_random, link->held.count + 1) : link->held.count;
    if (is_broken)
        link->connection++;
    for (size_t i = 0; i < link->held.count; i++) {
        if (i < kept)
            link_put(world, link, link->held.items[i]);
        else
            leat_sim_event_drop(world, link->held.items[i]);
    }
    leat_vec_clear(&link->held);
}

/* What a dead process had queued, and what waited for it, may be gone. */
void leat_sim_net_node_died(leat_sim_world *world, uint32_t node)
{
    for (uint32_t lane = 0; lane < LEAT_SIM_LANE_COUNT; lane++) {
        for (uint32_t other = 0; other < LEAT_SIM_NODES_MAX; other++) {
            if (other == node)
                continue;
            link_break(world, link_of(world, (leat_sim_lane)lane, node, other), 64);
            leat_sim_link *in = link_of(world, (leat_sim_lane)lane, other, node);
            link_break(world, in, 64); /* what is still on the wire may find the next process */
        }
    }
    if (node == LEAT_SIM_NODE_COORDINATOR) {
        for (uint32_t w = 1; w <= world->config.worker_count; w++)
            tell_link(world, w, node, 0, LEAT_SIM_MS);
    } else
        tell_link(world, LEAT_SIM_NODE_COORDINATOR, node, 0, LEAT_SIM_MS);
}

void leat_sim_net_heal(leat_sim_world *world)
{
    for (uint32_t lane = 0; lane < LEAT_SIM_LANE_COUNT; lane++) {
        for (uint32_t a = 0; a < LEAT_SIM_NODES_MAX; a++) {
            for (uint32_t b = 0; b < LEAT_SIM_NODES_MAX; b++) {
                leat_sim_net_cut(world, (leat_sim_lane)lane, a, b, false);
                link_of(world, (leat_sim_lane)lane, a, b)->slow_ns = 0;
            }
        }
    }
}
